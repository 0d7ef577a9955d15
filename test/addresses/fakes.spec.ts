import { FakeEc2Metadata, FakeEcsMetadata } from '../../src/testing/index.js';
import { running, until } from './harness.js';

const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN = 'x-aws-ec2-metadata-token';
const put = (imds: FakeEc2Metadata, headers: Record<string, string>) =>
  fetch(`${imds.url}/latest/api/token`, { method: 'PUT', headers });
const get = (imds: FakeEc2Metadata, path: string, token = '') =>
  fetch(`${imds.url}/latest/${path}`, { headers: { [TOKEN]: token } });

describe('a fake metadata service', () => {
  it.each(['0', '21601', '-1', '1.5', 'ten', ''])(
    'of EC2 rejects a token for %j seconds with 400',
    async (ttl) => {
      const imds = await running(FakeEc2Metadata.start());
      expect((await put(imds, { [TTL]: ttl })).status).toBe(400);
    },
  );

  it('of EC2 rejects a token without a lifetime, through a proxy, or by GET', async () => {
    const imds = await running(FakeEc2Metadata.start());
    expect((await put(imds, {})).status).toBe(400);
    expect(
      (await put(imds, { [TTL]: '60', 'x-forwarded-for': '10.0.0.9' })).status,
    ).toBe(403);
    expect((await get(imds, 'api/token')).status).toBe(405);
  });

  it('of EC2 issues tokens, and responds with 401 without one, with an unknown and with an expired one', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const response = await put(imds, { [TTL]: '21600' });
    expect(response.headers.get(TTL)).toBe('21600');
    expect(response.headers.get('connection')).toBe('close');
    const token = await response.text();
    expect((await get(imds, 'meta-data/instance-id', token)).status).toBe(200);
    expect((await get(imds, 'meta-data/instance-id')).status).toBe(401);
    expect((await get(imds, 'meta-data/instance-id', `${token}=`)).status).toBe(
      401,
    );
    imds.expireTokens();
    expect((await get(imds, 'meta-data/instance-id', token)).status).toBe(401);
    const short = await (await put(imds, { [TTL]: '1' })).text();
    let status = 200;
    void (async () => {
      while (status === 200)
        ({ status } = await get(imds, 'meta-data/mac', short));
    })();
    await until(() => status === 401);
  });

  it('of EC2 lists directories, with a slash at the end of subdirectories', async () => {
    const imds = await running(
      FakeEc2Metadata.start({
        interfaces: [{ ipv6: ['2600::1'] }, { mac: '0e:49:61:0f:c3:11' }],
      }),
    );
    const token = await (await put(imds, { [TTL]: '60' })).text();
    const read = async (path: string) => (await get(imds, path, token)).text();
    expect(await read('')).toBe('dynamic/\nmeta-data/');
    expect((await read('meta-data/')).split('\n')).toEqual(
      expect.arrayContaining(['instance-id', 'ipv6', 'network/']),
    );
    expect(await read('meta-data/network/interfaces/macs')).toBe(
      '0e:00:00:00:00:00/\n0e:49:61:0f:c3:11/',
    );
    expect(
      await read('meta-data/network/interfaces/macs/0e:00:00:00:00:00/'),
    ).toBe('device-number\nipv6s\nmac');
    expect((await get(imds, 'meta-data/local-ipv4', token)).status).toBe(404);
    expect((await get(imds, 'meta-data/nothing', token)).status).toBe(404);
    imds.items.set('user-data', '#!/bin/sh');
    expect(await read('user-data')).toBe('#!/bin/sh');
    const response = await fetch(`${imds.url}/latest/user-data`, {
      method: 'POST',
    });
    expect(response.status).toBe(405);
  });

  it('injects a fault into some requests, a number of times', async () => {
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = { kind: 'status', status: 503, on: /^PUT/, times: 2 };
    const status = async () => (await put(imds, { [TTL]: '60' })).status;
    expect([
      await status(),
      (await get(imds, '')).status,
      await status(),
      await status(),
    ]).toEqual([503, 401, 503, 200]);
    expect(imds.fault).toBeNull();
    expect(imds.requests.map((request) => request.status)).toEqual([
      undefined,
      401,
      undefined,
      200,
    ]);
    await imds.stop();
    await imds.stop();
  });

  it('delays each response by its latency', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const request = () => put(imds, { [TTL]: '60' });
    imds.latencyMs = 3600_000;
    const events: string[] = [];
    const delayed = request().then(
      () => events.push('response'),
      () => events.push('closed'),
    );
    await until(() => imds.requests.length === 1);
    imds.latencyMs = 1;
    expect((await request()).status).toBe(200);
    expect(events).toEqual([]);
    await imds.stop();
    await delayed;
    expect(events).toEqual(['closed']);
  });

  it('of ECS responds as task metadata version 4 does', async () => {
    const task = await running(
      FakeEcsMetadata.start({ ipv4: ['10.0.7.4'], ipv6: ['2600::4'] }),
    );
    const uri = task.env.ECS_CONTAINER_METADATA_URI_V4;
    const network = {
      NetworkMode: 'awsvpc',
      IPv4Addresses: ['10.0.7.4'],
      IPv6Addresses: ['2600::4'],
    };
    expect(await (await fetch(uri)).json()).toMatchObject({
      Networks: [network],
    });
    expect(await (await fetch(`${uri}/task`)).json()).toMatchObject({
      Containers: [{ Networks: [network] }],
    });
    expect((await fetch(`${uri}/x`)).status).toBe(404);
    expect((await fetch(uri, { method: 'POST' })).status).toBe(405);
    task.network = { mode: 'host' };
    expect(await (await fetch(uri)).json()).toMatchObject({
      Networks: [{ NetworkMode: 'host', IPv4Addresses: [''] }],
    });
  });
});
