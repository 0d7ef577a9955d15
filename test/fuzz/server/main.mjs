// Runs the application under test in its own process. It reports which of its code ran and which hosts that code read.
// Arguments: express|fastify, and a setting of settings.mjs.
import 'reflect-metadata';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AllowedHosts } from 'nestjs-allowed-hosts';
import { SETTINGS } from '../settings.mjs';
import { HTTP2_SESSION_TIMEOUT_MS } from './adapter.mjs';
import { startApplication } from './application.mjs';
import { ChangingHosts } from './changing-hosts.mjs';
import { recordProblem, recordRefusal, report } from './record.mjs';

const [, , platform, settingName] = process.argv;
const changing = new ChangingHosts();
const setting = SETTINGS[settingName];
const gatewayPort = setting.gatewayPort ? await freePort() : undefined;
const app = await startApplication(platform, setting, changing, {
  gatewayPort,
});
const allowedHosts = app.get(AllowedHosts);
const server = app.getHttpServer();
allowedHosts.refusals$.subscribe(recordRefusal);
process.on('unhandledRejection', recordProblem);
process.on('uncaughtException', recordProblem);

const commands = {
  report,
  heap: async () => {
    const connections = await openConnections();
    for (let times = 0; times < 3; times++) {
      globalThis.gc();
      await sleep(20);
    }
    return { heap: process.memoryUsage().heapUsed, connections };
  },
  churn: () => changing.churn(allowedHosts),
  settle: () => changing.settle(allowedHosts),
};

process.on('message', async (command) => {
  // LastReport responds when the application has closed.
  if (command === 'close') await app.close();
  else process.send((await commands[command]()) ?? {});
});
process.send({ port: server.address().port, gatewayPort });

async function freePort() {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address();
  await once(probe.close(), 'close');
  return port;
}

async function openConnections() {
  const count = () =>
    new Promise((resolve) => server.getConnections((_, open) => resolve(open)));
  // Node needs a moment to close the connections that the client has closed; sessions of socket.io end later.
  for (let times = 0; times < 40 && (await count()) > 0; times++)
    await sleep(50);
  const speaksHttp2 = setting.protocols.includes('http2');
  await sleep(1000 + (speaksHttp2 ? HTTP2_SESSION_TIMEOUT_MS : 0));
  return count();
}
