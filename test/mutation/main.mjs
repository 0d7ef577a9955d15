// Changes the code of src/ in small ways and reports which changes no test notices:
//   npm run test:mutation -- --since main      the lines that changed since a commit
//   npm run test:mutation -- gate src/x.ts:1-9 rooms, files, or lines of a file
//   npm run test:mutation -- --static gate     only the code that runs while modules load: each of its mutants needs a new
//                                              process, so the runs above skip it
//   npm run test:mutation -- --all             each room, both kinds of code
//   --minutes 8                                stops after that time and names what it has not reached. Such a run fails
//                                              only for the score of a room that it has finished
import { parseArgs } from 'node:util';
import { rooms } from './rooms.mjs';
import { runRoom } from './run-room.mjs';
import { byRoom, changedSince } from './selection.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    minutes: { type: 'string', default: 'Infinity' },
    since: { type: 'string' },
    static: { type: 'boolean', default: false },
  },
});
const deadline = performance.now() + Number(options.minutes) * 60_000;
const remaining = () => deadline - performance.now();
const isBounded = remaining() !== Infinity;
/** Whether code that runs while modules load is mutated. */
const loading = options.static ? 'only' : options.all ? 'also' : 'never';

/** @returns for each room, what of it to mutate */
function selected() {
  if (options.since !== undefined) return byRoom(changedSince(options.since));
  const selection = byRoom(options.all ? Object.keys(rooms) : positionals);
  if (selection.size > 0) return selection;
  throw new Error('Name rooms or files, or give --all or --since <commit>.');
}

/** A mutant that fills the memory ends in an error. Stryker cuts its message, "Process 123 ran out of memory", off. */
const isCaught = ({ status, statusReason = '' }) =>
  status === 'Killed' ||
  status === 'Timeout' ||
  statusReason.includes('error message was: Error: Process ');
const isMissed = ({ status }) =>
  status === 'Survived' || status === 'NoCoverage';
const isSkipped = ({ status, statusReason = '' }) =>
  status === 'Ignored' && statusReason.includes('ignoreStatic');

/** @returns whether the score is high enough, as far as there is one: a part of the mutants has none */
function report(room, { ended, results, total }, seconds) {
  const count = (is) => results.filter(is).length;
  const caught = count(isCaught);
  const late = count(({ status }) => status === 'Timeout');
  const missed = count(isMissed);
  const skipped = count(isSkipped);
  const explained = count(({ status }) => status === 'Ignored') - skipped;
  const failed = results.length - caught - missed - skipped - explained;
  const counted = caught + missed + (isBounded ? 0 : failed);
  const score = (100 * caught) / (counted || 1);
  const part =
    ended === 'complete'
      ? ''
      : `, ${results.length} of ${total ?? '?'} mutants`;
  console.log(
    `${room}${part}: ${score.toFixed(1)} % (${caught} caught, of these ${late} by a timeout, ${missed} missed, ${explained} explained, ${skipped} skipped, ${failed} failed), ${seconds} s`,
  );
  return (
    ended !== 'complete' || counted === caught || score >= rooms[room].minimum
  );
}

async function run(room, parts) {
  const start = performance.now();
  const run = await runRoom(room, parts, {
    milliseconds: remaining(),
    loading,
  });
  const seconds = Math.round((performance.now() - start) / 1000);
  return { isEnough: report(room, run, seconds), ended: run.ended };
}

const selection = selected();
const notReached = new Map(selection);
let ok = true;
for (const [room, parts] of selection) {
  // On a busy machine a test may fail without a mutant.
  for (let attempts = 2; attempts > 0 && remaining() > 0; attempts--) {
    const { isEnough, ended } = await run(room, parts);
    if (!isEnough) ok = false;
    if (ended === 'complete') notReached.delete(room);
    if (ended !== 'failed') break;
  }
}
if (selection.size === 0) console.log('No room has changed lines.');
if (!ok)
  console.error('A score is below its minimum. Reports: build/mutation/');
if (notReached.size > 0) {
  const rest = [...notReached.values()].flat().join(' ');
  console.error(
    `Not finished: ${[...notReached.keys()].join(', ')}. To run them: npm run test:mutation -- ${rest}`,
  );
  if (!isBounded) ok = false;
}
if (!ok) process.exitCode = 1;
