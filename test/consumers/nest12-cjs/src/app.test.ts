import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { HostList, parseHostHeader } from 'nestjs-allowed-hosts';
import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';
import request from 'supertest';
import type { App } from 'supertest/types';
import { AppModule } from './app.module';

describe('the application', () => {
  let app: INestApplication<App>;

  before(async () => {
    const testingModule = await Test.createTestingModule({
      imports: [AppModule],
    }).compile();
    app = testingModule.createNestApplication();
    await app.init();
  });

  after(() => app.close());

  for (const [host, status] of [
    ['example.com', 200],
    ['evil.example', 400],
  ] as const) {
    it(`answers a request for ${host} with ${status}`, async () => {
      await request(app.getHttpServer())
        .get('/')
        .set('Host', host)
        .expect(status);
    });
  }

  it('finds the pure core and the test helpers', () => {
    assert.ok(parseHostHeader('Example.com:80'));
    assert.ok(HostList.from(['.example.com']).allows('a.example.com'));
    assert.equal(typeof FakeEc2Metadata, 'function');
  });
});
