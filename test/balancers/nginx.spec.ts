import { builtApp } from '../support/built-app.js';
import { endAll } from '../support/commands.js';
import { hasNginx, startNginx, type Directives } from '../support/nginx.js';
import { testKeepAlive } from './keep-alive.js';

const withNginx = hasNginx ? describe : describe.skip;
if (!hasNginx)
  it.skip('skips the tests with nginx, which is not installed', () =>
    undefined);

withNginx('behind nginx', () => {
  const app = builtApp(['test/balancers/app.ts']);
  afterEach(endAll);

  testKeepAlive(app, async (port) => ({
    port: await startNginx(poolFor(port)),
  }));
});

/** Directives for a pool of kept connections to one instance. nginx sends no request twice. */
const poolFor = (port: number): Directives => ({
  http: [
    `upstream app { server 127.0.0.1:${port} max_fails=0; keepalive 32; }`,
  ],
  location: [
    'proxy_pass http://app;',
    'proxy_next_upstream off;',
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    'proxy_set_header Host $host;',
  ],
});
