import {
  digits,
  goal,
  median,
  paired,
  quantile,
  spread,
  table,
} from './figures.mjs';
import { LoadedServer } from './loaded-server.mjs';
import { hosts, peers, variants } from './request-variants.mjs';

/**
 * Table 2, second half: requests over loopback, keep-alive, each server in a process of its own, in turns. Two equal
 * processes differ by up to 15 % for as long as they live, so each is started several times.
 */
export async function run({ quick }) {
  const pace = quick
    ? { lives: 1, rounds: 2, requests: 300, warm: 300 }
    : { lives: 10, rounds: 3, requests: 5_000, warm: 20_000 };
  const results = [];
  for (const platform of ['express', 'fastify'])
    results.push({ platform, found: await load(platform, pace) });
  return {
    title: 'End to end',
    text: `autocannon over loopback, 10 connections, 12 headers as of a browser, ${hosts.length} names; ${pace.lives * pace.rounds} rounds of ${pace.requests.toLocaleString('en-US')} requests in turns, each server in ${pace.lives} processes, one after the other. CPU is the server's. Ratios are taken round by round, to the mean of the two servers without a module; how far these two lie apart is what noise alone does.`,
    markdown: table(
      [
        'platform',
        'checks',
        'requests/s',
        'ratio',
        'CPU µs per request',
        'ratio',
      ],
      results.flatMap(({ platform, found }) => {
        const none = without(found);
        return variants.map((variant) => {
          const { rate, cpu } = found[variant];
          return [
            platform,
            variant,
            spread(rate),
            spread(paired(rate, none.rate)),
            spread(cpu),
            spread(paired(cpu, none.cpu)),
          ];
        });
      }),
    ),
    goals: results.flatMap(({ platform, found }) => goals(platform, found)),
  };
}

async function load(platform, { lives, rounds, requests, warm }) {
  const found = Object.fromEntries(
    variants.map((variant) => [variant, { rate: [], cpu: [] }]),
  );
  for (let life = 0; life < lives; life++) {
    const servers = [];
    for (let turn = 0; turn < variants.length; turn++)
      servers.push(
        await LoadedServer.start(
          platform,
          variants[(turn + life) % variants.length],
        ),
      );
    for (const server of servers) await server.fire(warm);
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < servers.length; turn++) {
        const server = servers[(turn + round) % servers.length];
        const { rate, cpu } = await server.fire(requests);
        found[server.variant].rate.push(rate);
        found[server.variant].cpu.push(cpu);
      }
    }
    for (const server of servers) await server.stop();
  }
  return found;
}

function goals(platform, found) {
  const lost = (figure, one, other) =>
    paired(found[one][figure], found[other][figure]);
  const noise = lost('rate', 'no module, again', 'no module');
  const range = [quantile(noise, 0.25), quantile(noise, 0.75)];
  // How far two equal servers lie apart in the middle half of the rounds.
  const tolerance = Math.max(1 - range[0], range[1] - 1);
  const none = without(found);
  const ours = median(paired(found['this library'].rate, none.rate));
  const cpu = median(
    found['this library'].cpu.map((value, i) => value - none.cpu[i]),
  );
  const worst = peers
    .map((peer) => ({
      peer,
      ratio: median(lost('rate', 'this library', peer)),
    }))
    .reduce((one, other) => (other.ratio < one.ratio ? other : one));
  const words = `${digits(ours)} × the requests/s, ${cpu >= 0 ? '+' : '−'}${digits(Math.abs(cpu))} µs of CPU`;
  return [
    goal(
      `${platform}: no loss outside the run's own spread (${digits(range[0])}–${digits(range[1])})`,
      words,
      ours >= 1 - tolerance,
      platform === 'express' ? FRESH : '',
    ),
    goal(
      `${platform}: never behind a peer, outside that spread`,
      `${digits(worst.ratio)} × ${worst.peer}`,
      worst.ratio >= 1 - tolerance,
    ),
  ];
}

/** The mean of the two servers without a module, round by round. */
function without(found) {
  const mean = (figure) =>
    found['no module'][figure].map(
      (value, i) => (value + found['no module, again'][figure][i]) / 2,
    );
  return { rate: mean('rate'), cpu: mean('cpu') };
}

const FRESH =
  'Express gives each request another prototype, after which the engine knows none of its properties, and whoever reads one waits. So the gate judges ahead of Express, and what stands in its router and the guard read one symbol; to judge within Express took 26,000 instructions more of 690,000. Tried without gain: to stand around the router instead of in it; to leave no mark on the request.';
