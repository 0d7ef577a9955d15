/** A network interface of the fake instance; the first one is the primary one. */
export interface FakeInterface {
  /** Default: made from its place in the list. */
  readonly mac?: string;
  /** Private IPv4 addresses, primary first; none on an IPv6-only interface. */
  readonly ipv4?: readonly string[];
  readonly ipv6?: readonly string[];
}

/** What an instance has if nothing is said. */
export const DEFAULT_INTERFACES: readonly FakeInterface[] = [
  { ipv4: ['10.0.3.17'] },
];

/** What the fake instance is. */
export interface FakeEc2Instance {
  /** Default: one interface with 10.0.3.17. */
  readonly interfaces?: readonly FakeInterface[];
  /** Default `i-0123456789abcdef0`. */
  readonly instanceId?: string;
  /** Default `eu-central-1`. */
  readonly region?: string;
  /** The instance profile's role, whose (made-up) credentials are served too. Default `fake-role`. */
  readonly role?: string;
}

/** The instance's metadata, by path below `/latest/`. An absent item has no entry, and is answered with 404. */
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
  const meta = (path: string, values: readonly string[] = []): void => {
    if (values.length > 0) items.set(`meta-data/${path}`, values.join('\n'));
  };

  meta('instance-id', [instanceId]);
  meta('instance-type', ['t4g.small']);
  meta('placement/availability-zone', [`${region}a`]);
  meta('placement/region', [region]);
  meta(`iam/security-credentials/${role}`, [fakeCredentials()]);
  items.set('dynamic/instance-identity/document', json({ instanceId, region }));

  const [primary] = interfaces;
  meta('local-ipv4', primary?.ipv4?.slice(0, 1));
  meta('ipv6', primary?.ipv6?.slice(0, 1));
  for (const [i, { mac = macOf(i), ipv4, ipv6 }] of interfaces.entries()) {
    if (i === 0) meta('mac', [mac]);
    const path = `network/interfaces/macs/${mac}`;
    meta(`${path}/mac`, [mac]);
    meta(`${path}/device-number`, [String(i)]);
    meta(`${path}/local-ipv4s`, ipv4);
    meta(`${path}/ipv6s`, ipv6);
  }
  return items;
}

/**
 * What the service answers to a path below `/latest/`: an item's text, or a listing in which
 * directories end with `/`.
 */
export function lookUp(
  items: ReadonlyMap<string, string>,
  path: string,
): string | undefined {
  // The real service does not mind a slash after an item's name, and botocore sends one.
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
