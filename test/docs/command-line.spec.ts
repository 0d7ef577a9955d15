import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECK_OPTIONS } from '../../src/cli/check/check.options.js';
import { HELP } from '../../src/cli/help.js';
import { runCli } from '../cli/capture.js';
import { platforms, start, stopAll } from '../support/app.js';
import { helloApp, HelloPage } from '../support/hello.js';
import { blocksOf, codeIn, commandsOf, tableUnder } from './markdown.js';

const page = readFileSync(
  join(import.meta.dirname, '../../docs/command-line.md'),
  'utf8',
);
const blocks = blocksOf(page);
const ofLanguage = (name: string) =>
  blocks.filter(({ language }) => language === name);

/** The arguments in a line of a shell. */
const argumentsIn = (command: string) =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, word]) => quoted ?? word ?? '')
    .slice(2);

afterEach(stopAll);

describe('docs/command-line.md', () => {
  it('has no block without a check', () => {
    expect(blocks).toHaveLength(4);
    for (const { text } of ofLanguage('sh'))
      expect(text).toMatch(/^npx nestjs-allowed-hosts check /);
    expect(ofLanguage('sh')).toHaveLength(2);
  });

  it('has every option of check, as the help has', () => {
    const rows = tableUnder('Look at a running server', page).map(
      ([option = '']) => codeIn(option)[0] ?? '',
    );
    expect(rows.map((row) => row.split(' ')[0])).toEqual(
      Object.keys(CHECK_OPTIONS).map((name) => `--${name}`),
    );
    for (const row of rows) expect(HELP).toContain(`  ${row} `);
    expect(HELP).toContain('(default 8000)');
    expect(HELP).toContain('(default /health)');
  });

  it.each(platforms)('shows the table of check on $name', async (platform) => {
    const { port } = await start(
      helloApp({ keepAliveTimeoutMs: 65_000 }, { controllers: [HelloPage] }),
      platform,
    );
    const { code, stdout } = await runCli([
      'check',
      `http://127.0.0.1:${port}`,
      '--host',
      'example.com',
    ]);
    expect(code).toBe(0);
    // A port of another length changes the width of no column: the longest cells have none.
    const printed = stdout
      .replace(`http://127.0.0.1:${port}`, 'http://localhost:3000')
      .replaceAll(
        new RegExp(`:${port}( *)`, 'g'),
        (_, blanks: string) => `:3000${blanks && `${blanks} `}`,
      );
    const [shown] = ofLanguage('text');
    expect(shown?.text).toBe(printed);
  });

  it.each(ofLanguage('console').flatMap(commandsOf))(
    'shows what this prints: $command',
    async ({ command, output }) => {
      const { stdout, stderr } = await runCli(argumentsIn(command));
      expect({ stdout: stdout.trimEnd(), stderr }).toEqual({
        stdout: output,
        stderr: '',
      });
    },
  );
});
