/** One server of table 2, in a process of its own: tells its port, and what CPU time it has used when asked. */
import { start } from './request-variants.mjs';

const [platform, variant] = process.argv.slice(2);
const app = await start(platform, variant);
// No collection is forced: it throws away compiled code, and every round would begin cold.
process.on('message', () => process.send(process.cpuUsage()));
process.send(app.getHttpServer().address().port);
process.on('disconnect', () => process.exit());
