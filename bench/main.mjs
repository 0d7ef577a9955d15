/** `npm run bench`: every table in a process of its own, one after the other; writes RESULTS.md. `--quick` is a check. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, type } from 'node:os';
import { format } from 'prettier';
import { table } from './figures.mjs';

const TABLES = ['verdict', 'request', 'end-to-end', 'start'];
const quick = process.argv.includes('--quick');
const only = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('--'));

const started = performance.now();
const results = [];
for (const name of only.length > 0 ? only : TABLES) {
  console.log(`${name} …`);
  const child = fork(
    new URL('table.mjs', import.meta.url),
    [name, ...(quick ? ['--quick'] : [])],
    {
      execArgv: ['--expose-gc', '--max-old-space-size=8192'],
      serialization: 'advanced',
    },
  );
  const result = await Promise.race([
    once(child, 'message').then(([message]) => message),
    once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${name} ended with ${code}`)),
    ),
  ]);
  results.push(result);
}
const goals = results.flatMap((result) => result.goals);
const text = [
  '# Results',
  '',
  'Written by `npm run bench`; not by hand.',
  '',
  `Node ${process.version}, ${cpus()[0]?.model.trim()} × ${availableParallelism()}, ${type()} ${release()}, ${Math.round((performance.now() - started) / 1000)} s in all.`,
  'Medians, with quartiles in brackets. Ratios and differences are taken within a round and then their median: what slows a round down falls out.',
  '',
  '## Figures to reach',
  '',
  table(
    ['figure', 'found', ''],
    goals.map(({ text, figure, reached }) => [
      text,
      figure,
      reached ? 'reached' : '**not reached**',
    ]),
  ),
  '',
  ...goals
    .filter(({ remark }) => remark !== '')
    .map(({ text, remark }) => `- _${text}_: ${remark}`),
  ...results.flatMap(({ title, text, markdown }) => [
    '',
    `## ${title}`,
    '',
    text,
    '',
    markdown,
  ]),
  '',
].join('\n');
console.log(text);
// A quick run, or one of some tables alone, is no result.
if (!quick && only.length === 0)
  writeFileSync(
    new URL('RESULTS.md', import.meta.url),
    await format(text, { parser: 'markdown' }),
  );
