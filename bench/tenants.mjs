// What sample/tenants does, in figures: `npm run bench:tenants`. The first part wants redis-server.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Redis, Tenants } from './fleet.mjs';

const NAMES = 100_000;
const CHANGES = 100;

/** From the answer to a change until the last of three processes acts on it. */
async function changeToEffect() {
  const main = join(import.meta.dirname, '../dist-sample/tenants/main.js');
  const redis = await Redis.start();
  const env = { REDIS_URL: redis.url };
  const fleet = [];
  try {
    for (let i = 0; i < 3; i++) fleet.push(await Tenants.start(main, env));
    const took = { added: [], removed: [] };
    const effect = async (host, status) => {
      const each = fleet.map((tenants) => tenants.msUntil(host, status));
      return Math.max(...(await Promise.all(each)));
    };
    for (let i = 0; i < CHANGES; i++) {
      const host = `shop-${i}.example`;
      const commanded = fleet[i % fleet.length];
      await effect(host, 400); // each keeps the no that it has to forget
      await commanded.add(host);
      took.added.push(await effect(host, 200));
      await commanded.remove(host);
      took.removed.push(await effect(host, 400));
    }
    for (const [what, ms] of Object.entries(took)) {
      ms.sort((a, b) => a - b);
      console.log(
        `${what}, in effect in all of 3 processes after its answer: median ${ms[CHANGES / 2].toFixed(1)} ms, worst of ${CHANGES} ${ms.at(-1).toFixed(1)} ms`,
      );
    }
  } finally {
    await Promise.all(fleet.map((tenants) => tenants.stop()));
    await redis.remove();
  }
}

/** Random names against an application in this process, from clients in another. */
async function flood() {
  await import('reflect-metadata');
  const { NestFactory } = await import('@nestjs/core');
  const { AllowedHostsModule } = await import('nestjs-allowed-hosts');
  let asking = 0;
  let most = 0;
  let asked = 0;
  const find = async (hostname) => {
    asked++;
    most = Math.max(most, ++asking);
    await setTimeout(5); // as long as a store may take
    asking--;
    return hostname === 'tenant.example';
  };
  const module = AllowedHostsModule.forRoot({
    hosts: 'example.com',
    addresses: false,
    lookup: { find },
  });
  const app = await NestFactory.create(module, { logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address();
  await statuses(port, 2_000, 'warm-up'); // what is compiled and pooled once is not counted
  await statuses(port, 1, 'tenant');
  const before = await heap();
  most = asked = 0;
  const client = fork(import.meta.filename, [String(port)]);
  const [counted] = await once(client, 'message');
  const known = asked;
  const tenant = await statuses(port, 1, 'tenant');
  const askedAgain = asked - known;
  const after = await heap();
  await app.close();
  console.log(
    `${NAMES} random names: ${asked} questions, ${most} at once at most; answers ${JSON.stringify(counted)}; heap ${mb(before)} before, ${mb(after)} after`,
  );
  console.log(
    `the tenant afterwards: ${JSON.stringify(tenant)}, asked again ${askedAgain} times`,
  );
}

/** How many got which status. */
async function statuses(port, names, prefix) {
  const agent = new Agent({ keepAlive: true });
  const counted = {};
  let next = 0;
  const worker = async () => {
    while (next < names) {
      const i = next++;
      const host =
        prefix === 'tenant' ? 'tenant.example' : `${prefix}-${i}.example`;
      const asked = request({
        port,
        agent,
        path: '/health',
        headers: { host },
      });
      asked.end();
      const [response] = await once(asked, 'response');
      response.resume();
      await once(response, 'end');
      counted[response.statusCode] = (counted[response.statusCode] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 100 }, worker));
  agent.destroy();
  return counted;
}

async function heap() {
  await setTimeout(500);
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const mb = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

const [port] = process.argv.slice(2);
if (port === undefined) {
  await changeToEffect();
  await flood();
} else {
  process.send?.(await statuses(Number(port), NAMES, 'random'));
  process.disconnect();
}
