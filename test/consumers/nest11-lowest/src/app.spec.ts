import { readFileSync } from 'node:fs';
import type { INestApplication } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AllowedHostsModule,
  HostList,
  parseHostHeader,
} from 'nestjs-allowed-hosts';
import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';
import { concat, of, throwError } from 'rxjs';
import request from 'supertest';
import type { App } from 'supertest/types';
import { AppModule } from './app.module';

describe('the application', () => {
  let app: INestApplication<App>;

  beforeAll(async () => {
    const testingModule = await Test.createTestingModule({
      imports: [AppModule],
    }).compile();
    app = testingModule.createNestApplication();
    await app.init();
  });

  afterAll(() => app.close());

  it.each([
    ['example.com', 200],
    ['evil.example', 400],
  ])('answers a request for %s with %d', async (host, status) => {
    await request(app.getHttpServer())
      .get('/')
      .set('Host', host)
      .expect(status);
  });

  it('finds the pure core and the test helpers', () => {
    expect(parseHostHeader('Example.com:80')).toBeDefined();
    expect(HostList.from(['.example.com']).allows('a.example.com')).toBe(true);
    expect(FakeEc2Metadata).toBeInstanceOf(Function);
  });
});

it('keeps the last list where a live list errors', async () => {
  const hosts = concat(
    of('example.com'),
    throwError(() => new Error('the database is down')),
  );
  const testingModule = await Test.createTestingModule({
    imports: [AllowedHostsModule.forRoot({ hosts, addresses: false })],
  }).compile();
  const app = testingModule.createNestApplication<INestApplication<App>>();
  app.useLogger(false);
  await app.init();
  const status = async (host: string) =>
    (await request(app.getHttpServer()).get('/health').set('Host', host))
      .status;
  expect(await status('example.com')).toBe(200);
  expect(await status('evil.example')).toBe(400);
  await app.close();
});

it('does not start with options that a request-scoped provider has', async () => {
  const testingModule = await Test.createTestingModule({
    imports: [
      AllowedHostsModule.forRootAsync({
        inject: [REQUEST],
        useFactory: () => ({ hosts: 'example.com' }),
      }),
    ],
  }).compile();
  await expect(testingModule.createNestApplication().init()).rejects.toThrow(
    'AllowedHostsModule cannot check hosts, because forRootAsync injects a provider that is request-scoped',
  );
});

it.each([
  ['@nestjs/common', '11.1.4'],
  ['@nestjs/core', '11.1.4'],
  ['@nestjs/terminus', '11.0.0'],
  ['reflect-metadata', '0.1.13'],
  ['rxjs', '7.3.0'],
])('runs with %s %s, the lowest that package.json allows', (name, lowest) => {
  const path = require.resolve(`${name}/package.json`);
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as {
    version: string;
  };
  expect(version).toBe(lowest);
});
