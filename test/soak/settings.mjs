import { SETTINGS } from '../fuzz/settings.mjs';
import { LOOKUP_TIMEOUT_MS } from './outages.mjs';

/** The application of the fuzz whose list and lookup change, with gateways of platform-ws. */
export const SETTING = { ...SETTINGS.changing, sockets: 'ws' };

/** The address of the machine by the fake metadata service. The list of the fuzz does not allow it. */
export const PRIVATE_ADDRESS = '172.31.5.17';
/** An address that is attached to the machine and detached from it while requests are served. */
export const SECOND_ADDRESS = '172.31.5.18';

/** Options of the module, besides those of the setting. */
export const OPTIONS = {
  addresses: { platform: 'ec2', refreshMs: 500, timeoutMs: 1000 },
};

/** The caches are small, so that they are full when the warm-up is over. */
export const LOOKUP = {
  ttlMs: 500,
  negativeTtlMs: 200,
  timeoutMs: LOOKUP_TIMEOUT_MS,
  max: 500,
  concurrency: 1000,
};
