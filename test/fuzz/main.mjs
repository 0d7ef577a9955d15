// Sends raw requests to applications on both platforms and checks the responses with an independent implementation of the
// rules (oracle/).
//   npm run fuzz -- --seed 7 --requests 200000     requests per platform
//   npm run fuzz -- --seed 7 --setting h2c         one setting of settings.mjs
//   npm run fuzz -- --seed 7 --minutes 10          at most ten minutes per application
//   PATH=$(.ci/find-node 24):$PATH npm run fuzz    with another version of Node
//   npm run fuzz -- --seed 7 --only 1234           sends one request and prints its responses
import { parseArgs } from 'node:util';
import { sendAll } from './client/send.mjs';
import { CHECKS } from './findings.mjs';
import { fuzz } from './fuzz.mjs';
import { judge } from './oracle/judge.mjs';
import { makeRequest } from './requests/make.mjs';
import { ServerProcess } from './server-process.mjs';
import { SETTINGS } from './settings.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    requests: { type: 'string', default: '200000' },
    platform: {
      type: 'string',
      multiple: true,
      default: ['express', 'fastify'],
    },
    setting: { type: 'string', multiple: true, default: Object.keys(SETTINGS) },
    minutes: { type: 'string', default: 'Infinity' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);

/** The settings that a platform can have. */
const settingsOf = (platform) =>
  values.setting.filter((name) => SETTINGS[name].platforms.includes(platform));

async function sendOne(index, platform, settingName) {
  const setting = SETTINGS[settingName];
  const request = makeRequest(seed, index, setting);
  const server = new ServerProcess(platform, settingName, setting);
  await server.started();
  const [response] = await sendAll(server, [{ ...request, alone: true }]);
  const { mayContinue, mayBeServed, mustPass } = judge(request, setting, true);
  console.log({ platform, settingName, response });
  console.log(request.text);
  console.log({ mayContinue, mayBeServed, mustPass });
  console.log(JSON.stringify(await server.request('report')));
  await server.end('close');
}

async function main() {
  console.log(`seed ${seed}, Node ${process.versions.node}`);
  const tally = { passed: 0, failed: 0 };
  const rows = [];
  for (const platform of values.platform) {
    const settings = settingsOf(platform);
    const share = Math.ceil(Number(values.requests) / settings.length);
    for (const settingName of settings) {
      if (values.only !== undefined) {
        await sendOne(Number(values.only), platform, settingName);
        continue;
      }
      const name = `${platform}, ${settingName}`;
      const result = await fuzz(seed, platform, settingName, {
        count: share,
        minutes: Number(values.minutes),
      });
      const failed = result.findings.print(name);
      tally.failed += failed;
      tally.passed += Object.keys(CHECKS).length - failed;
      rows.push({
        application: name,
        requests: result.sent,
        'per s': Math.round(result.perSecond),
        ...result.counts,
        'heap MB': Number(result.growth.toFixed(1)),
      });
    }
  }
  if (values.only !== undefined) return;
  console.table(rows);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
}

await main();
