// Changes the code of src/ in small ways and reports which changes no test notices:
//   npm run test:mutation -- --since main      the files that changed since a commit
//   npm run test:mutation -- gate src/x.ts:1-9 rooms, files, or lines of a file
//   npm run test:mutation -- --all             each room, also the code that runs while modules load: each of its mutants
//                                              needs a new process
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import { rooms } from './rooms.mjs';

/** A process that runs out of memory has an error. */
const isCaught = ({ status, statusReason = '' }) =>
  status === 'Killed' ||
  status === 'Timeout' ||
  statusReason.includes('out of memory');
const isMissed = (result) => result.status !== 'Ignored' && !isCaught(result);

/** @returns for each room, what of it to mutate */
function selected(args) {
  if (args[0] === '--since') return byRoom(changedSince(args[1] ?? 'main'));
  if (args[0] === '--all') return byRoom(Object.keys(rooms));
  const selection = byRoom(args);
  if (selection.size > 0) return selection;
  throw new Error('Name rooms or files, or give --all or --since <commit>.');
}

function byRoom(names) {
  const selection = new Map();
  for (const [room, { sources }] of Object.entries(rooms)) {
    const files = names.includes(room)
      ? sources
      : names.filter((name) =>
          sources.some((source) => name.startsWith(source)),
        );
    if (files.length > 0) selection.set(room, files);
  }
  return selection;
}

function changedSince(commit) {
  const args = ['diff', '--name-only', '--diff-filter=d', commit, '--', 'src'];
  return execFileSync('git', args, { encoding: 'utf8' }).trim().split('\n');
}

async function run(room, files, { ignoreStatic }) {
  const stryker = new Stryker({
    testRunner: 'circus',
    plugins: [fileURLToPath(new URL('runner.mjs', import.meta.url))],
    circus: { specs: rooms[room].specs },
    mutate: files.map((file) => (file.endsWith('/') ? `${file}**/*.ts` : file)),
    ignorePatterns: [
      '/*',
      '!/src',
      '!/test',
      '!/docs',
      '!/jest.config.js',
      '!/README.md',
      '!/bench',
    ],
    disableTypeChecks: false,
    coverageAnalysis: 'perTest',
    ignoreStatic,
    // An endless loop may fill the memory before Stryker ends it.
    testRunnerNodeArgs: ['--max-old-space-size=1024'],
    // On a busy machine a test takes many times longer than in the first run.
    timeoutFactor: 3,
    timeoutMS: Number(process.env.TIMEOUT_MS ?? 15_000),
    concurrency: Number(process.env.CONCURRENCY ?? availableParallelism()),
    ignorers: ['defaults'],
    reporters: ['missed', 'html'],
    logLevel: 'warn',
    warnings: { slow: false },
    htmlReporter: { fileName: `build/mutation/${room}.html` },
    tempDirName: `build/mutation/${room}.tmp`,
    cleanTempDir: 'always',
  });
  return stryker.runMutationTest();
}

function report(room, results, seconds) {
  const caught = results.filter(isCaught);
  const late = caught.filter(({ status }) => status === 'Timeout').length;
  const missed = results.filter(isMissed);
  const ignored = results.filter(({ status }) => status === 'Ignored');
  const isStatic = ({ statusReason }) => statusReason.includes('ignoreStatic');
  const skipped = ignored.filter(isStatic).length;
  const score = (100 * caught.length) / (caught.length + missed.length || 1);
  console.log(
    `${room}: ${score.toFixed(1)} % (${caught.length} caught, of these ${late} by a timeout, ${missed.length} missed, ${ignored.length - skipped} explained, ${skipped} skipped), ${seconds} s`,
  );
  return score >= rooms[room].minimum || missed.length === 0;
}

let ok = true;
const args = process.argv.slice(2);
const ignoreStatic = args[0] !== '--all';
for (const [room, files] of selected(args)) {
  const start = performance.now();
  const results = await run(room, files, { ignoreStatic });
  const seconds = Math.round((performance.now() - start) / 1000);
  if (!report(room, results, seconds)) ok = false;
}
if (!ok) {
  console.error('A score is below its minimum. Reports: build/mutation/');
  process.exitCode = 1;
}
