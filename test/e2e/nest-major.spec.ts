import { createRequire } from 'node:module';

/** Set by jest.config.js: the same specs run once on each major. */
declare const NEST_MAJOR: 11 | 12;

describe(`the tests on Nest ${NEST_MAJOR}`, () => {
  const require = createRequire(import.meta.url);

  it('run on that major', () => {
    const { version } = require('@nestjs/core/package.json') as {
      version: string;
    };
    expect(Number.parseInt(version, 10)).toBe(NEST_MAJOR);
  });

  it.each([
    'common',
    'config',
    'core',
    'platform-express',
    'platform-fastify',
    'serve-static',
    'swagger',
    'terminus',
    'testing',
  ])('take @nestjs/%s from its tree', (name) => {
    const from11 = require
      .resolve(`@nestjs/${name}`)
      .includes('/test/nest-11/');
    expect(from11).toBe(NEST_MAJOR === 11);
  });

  it('load one copy of its core, whoever imports it', async () => {
    const { HttpAdapterHost } = await import('@nestjs/core');
    const { Test } = await import('@nestjs/testing');
    const testingModule = await Test.createTestingModule({}).compile();
    expect(testingModule.get(HttpAdapterHost)).toBeInstanceOf(HttpAdapterHost);
  });
});
