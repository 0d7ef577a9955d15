#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { run } from './index.js';

const { stdout, stderr, env } = process;
const { version } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
) as { version: string };

// A reader such as "head" may close the pipe early.
for (const stream of [stdout, stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

process.exitCode = await run(
  process.argv.slice(2),
  { stdout, stderr, env },
  version,
);
