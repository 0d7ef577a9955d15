/** Requests with random names: `flood-child.mjs <port> <names>`. It sends how many responses have which status. */
import { countStatuses } from './count-statuses.mjs';

const [port, names] = process.argv.slice(2);
process.send(
  await countStatuses(
    Number(port),
    Number(names),
    (i) => `random-${i}.example`,
  ),
);
process.disconnect();
