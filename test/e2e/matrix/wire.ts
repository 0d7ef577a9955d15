// TODO(merge): delete once no file imports it.
import { RawConnection } from '../../support/raw-client.js';

export * from '../../support/raw-client.js';
export { RawConnection as Conversation };
export const last = (connection: RawConnection) => connection.last;
