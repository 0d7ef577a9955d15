import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { HostList, parseHostHeader } from 'nestjs-allowed-hosts';
import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';
import request from 'supertest';
import type { App } from 'supertest/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppModule } from './app.module.js';

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
