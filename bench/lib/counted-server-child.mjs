/** A server in a process of its own: `counted-server-child.mjs <platform> <variant>`. It sends its port. */
import { start } from './request-variants.mjs';

const [platform, variant] = process.argv.slice(2);
const app = await start(platform, variant);
// Under valgrind a second is short: an idle connection must stay open.
app.getHttpServer().keepAliveTimeout = 600_000;
process.send(app.getHttpServer().address().port);
process.on('disconnect', () => process.exit());
