/**
 * Figures of sample/tenants: `npm run bench:tenants -- [changes] [names]`.
 * 1. The time until a change of the domains has an effect in all of three processes. It needs redis-server.
 * 2. The calls of `lookup` and the memory during a flood of random names.
 */
import 'reflect-metadata';
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';
import { Redis, Tenants } from '../test/support/processes.mjs';
import { countStatuses } from './lib/count-statuses.mjs';
import { median } from './lib/figures.mjs';

const CHANGES = Number(process.argv[2] ?? 100);
const NAMES = Number(process.argv[3] ?? 100_000);
const PROCESSES = 3;
/** The response time of the simulated store. */
const STORE_MS = 5;
const TENANT = 'tenant.example';

/** From the response to a change until the last process applies it. */
async function measureChanges() {
  const main = join(import.meta.dirname, '../dist-sample/tenants/main.js');
  const redis = await Redis.start();
  const processes = [];
  try {
    for (let i = 0; i < PROCESSES; i++)
      processes.push(await Tenants.start(main, { REDIS_URL: redis.url }));
    const effect = async (host, status) =>
      Math.max(
        ...(await Promise.all(
          processes.map((tenants) => tenants.msUntil(host, status)),
        )),
      );
    const times = { added: [], removed: [] };
    for (let i = 0; i < CHANGES; i++) {
      const host = `shop-${i}.example`;
      const changed = processes[i % processes.length];
      await effect(host, 400); // each process caches that the host is unknown
      await changed.add(host);
      times.added.push(await effect(host, 200));
      await changed.remove(host);
      times.removed.push(await effect(host, 400));
    }
    for (const [what, ms] of Object.entries(times))
      console.log(
        `${what}: effective in all of ${PROCESSES} processes after a median of ${median(ms).toFixed(1)} ms, at most ${Math.max(...ms).toFixed(1)} ms (${CHANGES} changes)`,
      );
  } finally {
    await Promise.all(processes.map((tenants) => tenants.stop()));
    await redis.remove();
  }
}

/** A store that counts its calls. */
class SlowStore {
  calls = 0;
  running = 0;
  mostRunning = 0;

  find = async (hostname) => {
    this.calls++;
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    await setTimeout(STORE_MS);
    this.running--;
    return hostname === TENANT;
  };
}

/** Random names for an application in this process, from clients in another one. */
async function measureFlood() {
  const store = new SlowStore();
  const module = AllowedHostsModule.forRoot({
    hosts: 'example.com',
    addresses: false,
    lookup: { find: store.find },
  });
  const app = await NestFactory.create(module, { logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address();
  // The compiled code and the pools that every application has are not counted.
  await countStatuses(port, 2_000, (i) => `warm-up-${i}.example`);
  await countStatuses(port, 1, () => TENANT);
  const heapBefore = await heapAfterCollection();
  store.calls = store.mostRunning = 0;
  const child = fork(new URL('lib/flood-child.mjs', import.meta.url), [
    String(port),
    String(NAMES),
  ]);
  const [counts] = await once(child, 'message');
  const { calls } = store;
  const tenant = await countStatuses(port, 1, () => TENANT);
  const heapAfter = await heapAfterCollection();
  await app.close();
  console.log(
    `${NAMES} random names: ${calls} calls of lookup, at most ${store.mostRunning} at a time; responses ${JSON.stringify(counts)}; heap ${megabytes(heapBefore)} before, ${megabytes(heapAfter)} after`,
  );
  console.log(
    `the tenant afterwards: ${JSON.stringify(tenant)}, ${store.calls - calls} more calls`,
  );
}

async function heapAfterCollection() {
  await setTimeout(500);
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const megabytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

if (spawnSync('redis-server', ['--version']).status === 0)
  await measureChanges();
else console.log('Skipped: the changes need redis-server.');
await measureFlood();
