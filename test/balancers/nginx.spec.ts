import { endAll } from '../support/commands.js';
import { builtApp } from './instance.js';
import { testKeepAlive } from './keep-alive.js';
import { hasNginx, Nginx } from './nginx.js';

const hello = hasNginx ? describe : describe.skip;
if (!hasNginx)
  it('skips the tests with nginx, which is not installed', () => undefined);

hello('behind nginx', () => {
  const app = builtApp();
  afterEach(endAll);

  testKeepAlive(app, (port) => Nginx.start(port));
});
