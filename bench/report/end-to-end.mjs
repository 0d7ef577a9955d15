import {
  digits,
  median,
  quantile,
  ratios,
  spread,
  table,
  target,
} from '../lib/figures.mjs';

/** The table of the end-to-end part and its targets. */
export function reportEndToEnd({ starts, rounds, requests, names, results }) {
  return {
    title: 'End to end',
    text: `autocannon over loopback, 10 connections, the 12 headers of a browser, ${names} names; ${starts * rounds} rounds of ${requests.toLocaleString('en-US')} requests in turns, each server in ${starts} processes, one after the other. CPU is the server's. Ratios are taken round by round, to the mean of the two servers without a module. The difference of these two is noise.`,
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
    targets: results.flatMap(targetsOf),
  };
}

function rowsOf({ platform, found }) {
  const baseline = baselineOf(found);
  return Object.keys(found).map((variant) => {
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

function targetsOf({ platform, found }) {
  const rateRatios = (one, other) => ratios(found[one].rate, found[other].rate);
  const noise = rateRatios('no module, again', 'no module');
  const range = [quantile(noise, 0.25), quantile(noise, 0.75)];
  // The difference of two equal servers in the middle half of the rounds.
  const tolerance = Math.max(1 - range[0], range[1] - 1);
  const baseline = baselineOf(found);
  const library = found['this library'];
  const rate = median(ratios(library.rate, baseline.rate));
  const cpu = median(ratios(library.cpu, baseline.cpu));
  const worst = peersOf(found)
    .map((peer) => ({ peer, ratio: median(rateRatios('this library', peer)) }))
    .reduce((one, other) => (other.ratio < one.ratio ? other : one));
  const equals = `two equal servers: ${digits(range[0])}–${digits(range[1])}`;
  return [
    target(
      `${platform}: as many requests/s as without a module, within the difference of two equal servers`,
      `${digits(rate)} × (${equals}), ${digits(cpu)} × the CPU`,
      rate >= 1 - tolerance,
      platform === 'express' ? EXPRESS_NOTE : '',
    ),
    target(
      `${platform}: as many requests/s as with each peer, within the same difference`,
      `${digits(worst.ratio)} × ${worst.peer}`,
      worst.ratio >= 1 - tolerance,
    ),
  ];
}

/** The names of the other packages. */
const peersOf = (found) =>
  Object.keys(found).filter((name) => !/^(no module|this library)/.test(name));

/** The mean of the two servers without a module, round by round. */
function baselineOf(found) {
  const mean = (figure) =>
    found['no module'][figure].map(
      (value, i) => (value + found['no module, again'][figure][i]) / 2,
    );
  return { rate: mean('rate'), cpu: mean('cpu') };
}

const EXPRESS_NOTE =
  'Express replaces the prototype of each request. After that the engine has no optimized access to its properties, and every access is slow. So the gate decides before Express, and the gate at its router and the guard read one symbol. The gate wraps the router, since a layer in it took 2,000 instructions more. `npm run bench:instructions` measures this without the noise.';
