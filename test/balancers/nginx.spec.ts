import { builtApp } from '../support/built-app.js';
import { endAll } from '../support/commands.js';
import { testKeepAlive } from './keep-alive.js';
import { hasNginx, Nginx } from './nginx.js';

const hello = hasNginx ? describe : describe.skip;
if (!hasNginx)
  it.skip('skips the tests with nginx, which is not installed', () =>
    undefined);

hello('behind nginx', () => {
  const app = builtApp(['test/balancers/app.ts']);
  afterEach(endAll);

  testKeepAlive(app, (port) => Nginx.start(port));
});
