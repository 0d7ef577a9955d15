// Runs Stryker for one room. main.mjs starts it: node room.mjs <room> <temporary directory> <loading: never, also or only>
// <files…>. It reports to main.mjs as it goes: see MissedReporter in runner.mjs.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import { rooms } from './rooms.mjs';

const [room, tempDirName, loading, ...files] = process.argv.slice(2);

const stryker = new Stryker({
  testRunner: 'circus',
  plugins: [fileURLToPath(new URL('runner.mjs', import.meta.url))],
  circus: { specs: rooms[room].specs, onlyStatic: loading === 'only' },
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
  ignoreStatic: loading === 'never',
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
  tempDirName,
  cleanTempDir: 'always',
});
await stryker.runMutationTest();
