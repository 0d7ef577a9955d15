import {
  DEFAULT_INTERFACES,
  type FakeEc2Instance,
} from './fake-ec2.options.js';

/** The metadata of an instance, by path below `/latest/`. An absent item has no entry; the service responds with 404. */
export function ec2Items(
  instance: FakeEc2Instance,
): ReadonlyMap<string, string> {
  const {
    interfaces = DEFAULT_INTERFACES,
    instanceId = 'i-0123456789abcdef0',
    region = 'eu-central-1',
    role = 'fake-role',
  } = instance;
  const items = new Map<string, string>();
  const addMeta = (path: string, values: readonly string[] = []): void => {
    if (values.length > 0) items.set(`meta-data/${path}`, values.join('\n'));
  };

  addMeta('instance-id', [instanceId]);
  addMeta('instance-type', ['t4g.small']);
  addMeta('placement/availability-zone', [`${region}a`]);
  addMeta('placement/region', [region]);
  addMeta(`iam/security-credentials/${role}`, [fakeCredentials()]);
  items.set('dynamic/instance-identity/document', json({ instanceId, region }));

  const [primary] = interfaces;
  addMeta('local-ipv4', primary?.ipv4?.slice(0, 1));
  addMeta('ipv6', primary?.ipv6?.slice(0, 1));
  for (const [i, { mac = macOf(i), ipv4, ipv6 }] of interfaces.entries()) {
    if (i === 0) addMeta('mac', [mac]);
    const path = `network/interfaces/macs/${mac}`;
    addMeta(`${path}/mac`, [mac]);
    addMeta(`${path}/device-number`, [String(i)]);
    addMeta(`${path}/local-ipv4s`, ipv4);
    addMeta(`${path}/ipv6s`, ipv6);
  }
  return items;
}

/**
 * The response to a path below `/latest/`: the text of an item, or a listing in which directories end with `/`;
 * `undefined` if there is neither.
 */
export function findItem(
  items: ReadonlyMap<string, string>,
  path: string,
): string | undefined {
  // Like the real service, it ignores a slash after the name of an item. Botocore sends one.
  const item = items.get(path.replace(/\/$/, ''));
  if (item !== undefined) return item;
  const directory = path === '' || path.endsWith('/') ? path : `${path}/`;
  const names = [...items.keys()]
    .filter((key) => key.startsWith(directory))
    .map((key) => /^[^/]*\/?/.exec(key.slice(directory.length))?.[0] ?? '');
  return names.length > 0 ? [...new Set(names)].sort().join('\n') : undefined;
}

function macOf(index: number): string {
  return `0e:00:00:00:00:${index.toString(16).padStart(2, '0')}`;
}

function fakeCredentials(): string {
  const now = Date.now();
  const iso = (ms: number): string =>
    new Date(ms).toISOString().replace(/\.\d+/, '');
  return json({
    Code: 'Success',
    LastUpdated: iso(now),
    Type: 'AWS-HMAC',
    AccessKeyId: 'ASIAFAKEFAKEFAKEFAKE',
    SecretAccessKey: 'fake-secret-of-a-fake-service',
    Token: 'fake-session-token',
    Expiration: iso(now + 6 * 3600_000),
  });
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
