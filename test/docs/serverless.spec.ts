import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  alb,
  albHealthCheck,
  apiGatewayV1,
  apiGatewayV2,
  functionUrl,
} from '../serverless/lambda-events.js';
import { builtApp } from '../support/built-app.js';
import { blocksOf } from './markdown.js';
import {
  removeSnippets,
  snippetPath,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/serverless.md'), 'utf8');
const blocks = blocksOf(page);
const names = blocks.map(({ name = '' }) => name);

writeSnippets(blocks, {
  'app.module.ts': `import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';
@Module({ imports: [AllowedHostsModule.forRoot({ hosts: 'example.com', addresses: false })] })
export class AppModule {}`,
});
const programs = names.map((name) => [
  name,
  builtApp([name, 'app.module.ts'].map(snippetPath)),
]);
afterAll(removeSnippets);

const events = [alb, apiGatewayV1, apiGatewayV2, functionUrl].flatMap(
  (event) => [event('/', ['example.com']), event('/', ['evil.example'])],
);

describe('docs/serverless.md', () => {
  it('has no block without a check', () => {
    expect(names).toEqual(['lambda.express.ts', 'lambda.fastify.ts']);
  });

  it('has blocks that compile', () => {
    expect(typeErrors(names)).toEqual([]);
  }, 60_000);

  it.each(programs)(
    '%s refuses foreign hosts and passes the health check of an ALB',
    (_, program) => {
      // In a process of its own: Jest cannot load what inject() needs before Node 24.9.
      const code = `const { handler } = await import(process.argv[1]);
        const statuses = [];
        for (const event of JSON.parse(process.argv[2]))
          statuses.push((await handler(event, {})).statusCode);
        console.log('statuses', statuses.join());
        process.exit();`;
      const output = execFileSync(
        process.execPath,
        [
          '--input-type=module',
          '--eval',
          code,
          String(program),
          JSON.stringify([...events, albHealthCheck('/health')]),
        ],
        { encoding: 'utf8' },
      );
      // 404: the host is allowed, and there is no such route.
      expect(output).toContain('statuses 404,400,404,400,404,400,404,400,200');
    },
  );

  it('names the versions of Bun and Deno that the consumers run', () => {
    const runner = readFileSync(
      join(root, 'test/consumers/lib/runtimes.mjs'),
      'utf8',
    );
    const versions = [...runner.matchAll(/version: '(\d+\.\d+)\./g)].map(
      ([, version = '']) => version,
    );
    expect(page).toContain(`Bun ${versions[0]} and Deno ${versions[1]} refuse`);
  });

  it('names the host that the log shows without albMultiValueHeaders', () => {
    const tested = readFileSync(
      join(root, 'test/serverless/lambda.spec.ts'),
      'utf8',
    );
    const [line = ''] = /Refused Host "[^"]+"/.exec(page) ?? [];
    expect(tested).toContain(line);
    expect(line).not.toBe('');
  });
});
