import { table, target } from '../lib/figures.mjs';

/** The table of the restart part and its targets. */
export function reportRestart({ runs }) {
  const graceMs = Math.max(...runs.map((run) => run.graceMs));
  const withGrace = runs.filter((run) => run.graceMs > 0);
  const without = runs.filter((run) => run.graceMs === 0);
  return {
    title: 'Rolling restart',
    text: 'Three processes behind HAProxy get SIGTERM and start again, one after another, under requests of 16 clients: short ones, slow ones and POSTs. HAProxy checks `/health` every 200 ms, takes two failures for down, and sends no request twice. A grace of 0 is the control: it shows that the measurement notices a loss.',
    markdown: table(
      ['platform', '`gracefulShutdownTimeoutMs`', 'requests', 'lost'],
      runs.map((run) => [
        run.platform,
        count(run.graceMs),
        count(run.sent),
        count(run.lostInAll),
      ]),
    ),
    targets: [
      target(
        `a rolling restart behind HAProxy with a grace of ${graceMs / 1000} s loses no request`,
        lossOf(withGrace),
        withGrace.every(({ lostInAll }) => lostInAll === 0),
      ),
      target(
        'control: without a grace it loses requests',
        lossOf(without),
        without.every(({ lostInAll }) => lostInAll > 0),
      ),
    ],
  };
}

export const count = (number) => number.toLocaleString('en-US');

const lossOf = (runs) =>
  runs
    .map(
      ({ platform, sent, lostInAll }) =>
        `${platform} ${count(lostInAll)} of ${count(sent)}`,
    )
    .join(', ');
