/**
 * A server in a process of its own: `loaded-server-child.mjs <platform> <variant>`. It sends its port, and for each
 * message its CPU time.
 */
import { start } from './request-variants.mjs';

const [platform, variant] = process.argv.slice(2);
const app = await start(platform, variant);
// Under valgrind a second is short: an idle connection must stay open.
app.getHttpServer().keepAliveTimeout = 600_000;
// A forced garbage collection would discard compiled code, and every round would begin cold.
process.on('message', () => process.send(process.cpuUsage()));
process.send(app.getHttpServer().address().port);
process.on('disconnect', () => process.exit());
