/**
 * Measures all tables, each in a process of its own, and writes RESULTS.md: `npm run bench -- [--quick] [tables]`. With
 * `--quick` or the names of some tables it only prints them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, type } from 'node:os';
import { format } from 'prettier';
import { table } from './lib/figures.mjs';

const TABLES = ['verdict', 'request', 'end-to-end', 'start'];
const isQuick = process.argv.includes('--quick');
const given = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('--'));

async function measure(name) {
  console.log(`${name} …`);
  const child = fork(
    new URL('lib/table-child.mjs', import.meta.url),
    [name, ...(isQuick ? ['--quick'] : [])],
    {
      execArgv: ['--expose-gc', '--max-old-space-size=8192'],
      serialization: 'advanced',
    },
  );
  return Promise.race([
    once(child, 'message').then(([result]) => result),
    once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${name} ended with exit code ${code}`)),
    ),
  ]);
}

function markdownOf(results, seconds) {
  const goals = results.flatMap((result) => result.goals);
  return [
    '# Results',
    '',
    '`npm run bench` writes this file. Do not edit it.',
    '',
    `Node ${process.version}, ${cpus()[0]?.model.trim()} × ${availableParallelism()}, ${type()} ${release()}, ${seconds} s in all.`,
    'Medians, with quartiles in brackets. Ratios and differences are calculated within a round, then their median: what slows down a whole round has no effect on them.',
    '',
    '## Goals',
    '',
    table(
      ['goal', 'measured', ''],
      goals.map(({ text, figure, met }) => [
        text,
        figure,
        met ? 'met' : '**not met**',
      ]),
    ),
    '',
    ...goals
      .filter(({ note }) => note !== '')
      .map(({ text, note }) => `- _${text}_: ${note}`),
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
}

const startedAt = performance.now();
const results = [];
for (const name of given.length > 0 ? given : TABLES)
  results.push(await measure(name));
const seconds = Math.round((performance.now() - startedAt) / 1000);
const text = markdownOf(results, seconds);
console.log(text);
if (!isQuick && given.length === 0)
  writeFileSync(
    new URL('RESULTS.md', import.meta.url),
    await format(text, { parser: 'markdown' }),
  );
