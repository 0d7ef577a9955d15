import { RawConnection, tcp } from './raw-client.js';

/** Whether a server on the loopback responds to a request. */
export async function responds(port: number): Promise<boolean> {
  const connection = new RawConnection(tcp(port)).send(
    'GET / HTTP/1.0',
    '',
    '',
  );
  return (await connection.closed()).received !== '';
}
