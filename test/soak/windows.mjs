// The samples of a run in two windows: the first after the warm-up, and the last.
import { quantile } from '../../bench/lib/figures.mjs';

const MINUTE_MS = 60_000;
/** Caches and compiled code grow until here. */
const WARM_UP_MS = 5 * MINUTE_MS;
const WARM_UP_SHARE = 0.4;
const WINDOW_MS = 5 * MINUTE_MS;

/** The samples after the warm-up, and those of the first and of the last window among them. */
export function windowsOf(samples) {
  const from = samples[0].at;
  const to = samples.at(-1).at;
  const warmUpMs = Math.min(WARM_UP_MS, WARM_UP_SHARE * (to - from));
  const windowMs = Math.min(WINDOW_MS, (to - from - warmUpMs) / 2);
  const start = from + warmUpMs;
  return {
    warm: samples.filter(({ at }) => at >= start),
    first: samples.filter(({ at }) => at >= start && at < start + windowMs),
    last: samples.filter(({ at }) => at > to - windowMs),
    startMin: warmUpMs / MINUTE_MS,
    windowMin: windowMs / MINUTE_MS,
    endMin: (to - from) / MINUTE_MS,
  };
}

/**
 * What the process used between each sample and the one before it. The time of the yardstick, a fixed piece of work,
 * shows how slow the machine was then.
 */
export function intervals(samples) {
  return samples.slice(1).map((sample, i) => {
    const before = samples[i];
    const requests = sample.requests - before.requests;
    const cpuUs = (sample.cpuUs - before.cpuUs) / requests;
    const yardstickUs = (sample.yardstickUs + before.yardstickUs) / 2;
    return {
      at: sample.at,
      perSecond: (1000 * requests) / (sample.at - before.at),
      cpuUs,
      relativeCpu: cpuUs / yardstickUs,
    };
  });
}

export const quantileOf = (samples, valueOf, q) =>
  quantile(samples.map(valueOf), q);
export const medianOf = (samples, valueOf) => quantileOf(samples, valueOf, 0.5);

/**
 * How many times its own standard error the slope of a line through the values is: above 3, a rise is no noise.
 */
export function slopeOverNoise(samples, valueOf) {
  const n = samples.length;
  const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / n;
  const times = samples.map(({ at }) => at);
  const values = samples.map(valueOf);
  const [meanTime, meanValue] = [mean(times), mean(values)];
  const squares = times.reduce((sum, t) => sum + (t - meanTime) ** 2, 0);
  const slope =
    times.reduce((sum, t, i) => sum + (t - meanTime) * values[i], 0) / squares;
  const error = values.reduce(
    (sum, value, i) =>
      sum + (value - meanValue - slope * (times[i] - meanTime)) ** 2,
    0,
  );
  if (slope === 0) return 0;
  return slope / Math.sqrt(error / (n - 2) / squares);
}
