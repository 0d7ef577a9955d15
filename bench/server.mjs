/** One server of table 2, in a process of its own: tells its port, and what CPU time it has used when asked. */
import { start } from './request-variants.mjs';

const [platform, variant] = process.argv.slice(2);
const app = await start(platform, variant);
process.on('message', () => {
  globalThis.gc?.();
  process.send(process.cpuUsage());
});
process.send(app.getHttpServer().address().port);
