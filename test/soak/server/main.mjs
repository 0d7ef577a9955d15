// Runs the application under test in its own process, like that of the fuzz. Arguments: express|fastify.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { AllowedHosts } from 'nestjs-allowed-hosts';
import { startApplication } from '../../fuzz/server/application.mjs';
import { recordProblem, report } from '../../fuzz/server/record.mjs';
import { LOOKUP, OPTIONS, SETTING } from '../settings.mjs';
import { measure } from './measure.mjs';
import { numberResponses } from './numbers.mjs';
import { SoakHosts } from './soak-hosts.mjs';

const [, , platform] = process.argv;
process.on('unhandledRejection', recordProblem);
process.on('uncaughtException', recordProblem);
const changing = new SoakHosts();
const app = await startApplication(platform, SETTING, changing, {
  options: { ...OPTIONS, lookup: { find: changing.find, ...LOOKUP } },
  prepare: numberResponses,
});
const allowedHosts = app.get(AllowedHosts);
const server = app.getHttpServer();
const pause = () => changing.pause(allowedHosts);
const resume = () => changing.start(allowedHosts);
resume();

const commands = {
  report,
  measure: () => measure(server, pause, resume),
  pause,
};

process.on('message', async (command) => {
  // LastReport responds when the application has closed.
  if (command !== 'close')
    return process.send((await commands[command]()) ?? {});
  await pause();
  await app.close();
});
// On a busy machine the first discovery may take longer than its time budget.
while (allowedHosts.addresses.length === 0) await sleep(50);
process.send({ port: server.address().port });
