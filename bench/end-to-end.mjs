import {
  digits,
  goal,
  median,
  quantile,
  ratios,
  spread,
  table,
} from './lib/figures.mjs';
import { LoadedServer } from './lib/loaded-server.mjs';
import { hosts, peers, variants } from './lib/request-variants.mjs';

/**
 * Requests over loopback with keep-alive. Each server has a process of its own, in turns. Two equal processes differ by
 * up to 15 % during their whole life, so each server is started several times.
 */
export async function run({ quick }) {
  const pace = quick
    ? { starts: 1, rounds: 2, requests: 300, warm: 300 }
    : { starts: 10, rounds: 3, requests: 5_000, warm: 20_000 };
  const results = [];
  for (const platform of ['express', 'fastify'])
    results.push({ platform, found: await measurePlatform(platform, pace) });
  return {
    title: 'End to end',
    text: `autocannon over loopback, 10 connections, the 12 headers of a browser, ${hosts.length} names; ${pace.starts * pace.rounds} rounds of ${pace.requests.toLocaleString('en-US')} requests in turns, each server in ${pace.starts} processes, one after the other. CPU is the server's. Ratios are taken round by round, to the mean of the two servers without a module. The difference of these two is noise.`,
    markdown: table(
      [
        'platform',
        'checks',
        'requests/s',
        'ratio',
        'CPU µs per request',
        'ratio',
      ],
      results.flatMap(rowsOf),
    ),
    goals: results.flatMap(goalsOf),
  };
}

function rowsOf({ platform, found }) {
  const baseline = baselineOf(found);
  return variants.map((variant) => {
    const { rate, cpu } = found[variant];
    return [
      platform,
      variant,
      spread(rate),
      spread(ratios(rate, baseline.rate)),
      spread(cpu),
      spread(ratios(cpu, baseline.cpu)),
    ];
  });
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

function goalsOf({ platform, found }) {
  const rateRatios = (one, other) => ratios(found[one].rate, found[other].rate);
  const noise = rateRatios('no module, again', 'no module');
  const range = [quantile(noise, 0.25), quantile(noise, 0.75)];
  // The difference of two equal servers in the middle half of the rounds.
  const tolerance = Math.max(1 - range[0], range[1] - 1);
  const baseline = baselineOf(found);
  const library = found['this library'];
  const rate = median(ratios(library.rate, baseline.rate));
  const cpu = median(library.cpu.map((value, i) => value - baseline.cpu[i]));
  const worst = peers
    .map((peer) => ({ peer, ratio: median(rateRatios('this library', peer)) }))
    .reduce((one, other) => (other.ratio < one.ratio ? other : one));
  return [
    goal(
      `${platform}: no loss outside the run's own spread (${digits(range[0])}–${digits(range[1])})`,
      `${digits(rate)} × the requests/s, ${cpu >= 0 ? '+' : '−'}${digits(Math.abs(cpu))} µs of CPU`,
      rate >= 1 - tolerance,
      platform === 'express' ? EXPRESS_NOTE : '',
    ),
    goal(
      `${platform}: no slower than a peer, outside that spread`,
      `${digits(worst.ratio)} × ${worst.peer}`,
      worst.ratio >= 1 - tolerance,
    ),
  ];
}

/** The mean of the two servers without a module, round by round. */
function baselineOf(found) {
  const mean = (figure) =>
    found['no module'][figure].map(
      (value, i) => (value + found['no module, again'][figure][i]) / 2,
    );
  return { rate: mean('rate'), cpu: mean('cpu') };
}

const EXPRESS_NOTE =
  'Express replaces the prototype of each request. After that the engine has no optimized access to its properties, and every access is slow. So the gate decides before Express, and the gate in its router and the guard read one symbol. A decision within Express took 26,000 of 690,000 instructions more. Without effect: to wrap the router instead of being in it; to leave no mark on the request. `npm run bench:instructions` measures this without the noise.';
