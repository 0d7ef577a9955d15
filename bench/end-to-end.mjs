import { LoadedServer } from './lib/loaded-server.mjs';
import { hosts, variants } from './lib/request-variants.mjs';

/**
 * Requests over loopback with keep-alive. Each server has a process of its own, in turns. Two equal processes differ by
 * up to 15 % during their whole life, so each server is started several times.
 */
export async function measure({ quick }) {
  const pace = quick
    ? { starts: 1, rounds: 2, requests: 300, warm: 300 }
    : { starts: 10, rounds: 3, requests: 5_000, warm: 20_000 };
  const results = [];
  for (const platform of ['express', 'fastify'])
    results.push({ platform, found: await measurePlatform(platform, pace) });
  return { ...pace, names: hosts.length, results };
}

async function measurePlatform(platform, { starts, rounds, requests, warm }) {
  const found = Object.fromEntries(
    variants.map((variant) => [variant, { rate: [], cpu: [] }]),
  );
  for (let start = 0; start < starts; start++) {
    const servers = [];
    for (let turn = 0; turn < variants.length; turn++) {
      const variant = variants[(turn + start) % variants.length];
      servers.push(await LoadedServer.start(platform, variant));
    }
    for (const server of servers) await server.send(warm);
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < servers.length; turn++) {
        const server = servers[(turn + round) % servers.length];
        const { rate, cpu } = await server.send(requests);
        found[server.variant].rate.push(rate);
        found[server.variant].cpu.push(cpu);
      }
    }
    for (const server of servers) await server.stop();
  }
  return found;
}
