// Serves mixed load on both platforms for a long time: allowed and hostile requests, probes, slow clients, WebSockets, a
// list that changes ten times a second, a metadata service and a lookup that fail now and then. Nothing may grow, and no
// response may be wrong or out of turn.
//   npm run soak -- --minutes 30              both platforms side by side
//   npm run soak -- --platform express        one platform
//   npm run soak -- --rate 300                requests per second and platform
import { parseArgs } from 'node:util';
import { CHECKS, soak } from './soak.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    platform: {
      type: 'string',
      multiple: true,
      default: ['express', 'fastify'],
    },
    rate: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const options = {
  minutes: Number(values.minutes),
  rate: Number(values.rate),
  seed: Number(values.seed),
};

const results = await Promise.all(
  values.platform.map(async (platform) => ({
    platform,
    ...(await soak(platform, options)),
  })),
);

let failed = 0;
for (const { platform, findings, counts, verdict } of results) {
  console.log(`\n${platform}, responses: ${JSON.stringify(counts)}`);
  if (verdict) console.table(tableOf(verdict));
  failed += findings.print(platform);
}
const passed = results.length * Object.keys(CHECKS).length - failed;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** The first and the last window side by side. */
function tableOf({ rows, startMin, windowMin, endMin }) {
  const minutes = (from, to) => `min ${from.toFixed(1)} to ${to.toFixed(1)}`;
  const first = minutes(startMin, startMin + windowMin);
  const last = minutes(endMin - windowMin, endMin);
  return Object.fromEntries(
    rows.map((row) => [
      row.figure,
      { [first]: row.first, [last]: row.last, limit: row.limit },
    ]),
  );
}
