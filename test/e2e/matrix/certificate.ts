import { execFileSync } from 'node:child_process';

/** A self-signed certificate and its key, made now. */
export function certificate(): { key: string; cert: string } {
  const pem = execFileSync(
    'openssl',
    'req -x509 -nodes -days 1 -subj /CN=localhost -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout - -out -'.split(
      ' ',
    ),
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const [key = '', cert = ''] =
    pem.match(/-----BEGIN [^]*?-----END [A-Z ]+-----\n/g) ?? [];
  return { key, cert };
}
