/**
 * A network interface of the fake instance. The first one is the primary interface.
 *
 * @example
 * ```ts
 * imds.interfaces = [{ ipv4: ['10.0.3.17', '10.0.3.18'], ipv6: ['2600:1f14::17'] }];
 * ```
 */
export interface FakeInterface {
  /**
   * The MAC address.
   *
   * @default '0e:00:00:00:00:00', where the last byte is the index of the interface
   */
  readonly mac?: string;
  /**
   * The private IPv4 addresses, primary first.
   *
   * @default none, as on an IPv6-only interface
   */
  readonly ipv4?: readonly string[];
  /**
   * The IPv6 addresses, primary first.
   *
   * @default none
   */
  readonly ipv6?: readonly string[];
}

/**
 * The fake instance.
 *
 * @example
 * ```ts
 * const imds = await FakeEc2Metadata.start({ region: 'eu-west-3', interfaces: [{ ipv4: ['10.0.3.17'] }] });
 * ```
 */
export interface FakeEc2Instance {
  /**
   * Its network interfaces.
   *
   * @default [{ ipv4: ['10.0.3.17'] }]
   */
  readonly interfaces?: readonly FakeInterface[];
  /**
   * Its instance id.
   *
   * @default 'i-0123456789abcdef0'
   */
  readonly instanceId?: string;
  /**
   * Its AWS region.
   *
   * @default 'eu-central-1'
   */
  readonly region?: string;
  /**
   * The role of its instance profile, which has invented credentials.
   *
   * @default 'fake-role'
   */
  readonly role?: string;
}

export const DEFAULT_INTERFACES: readonly FakeInterface[] = [
  { ipv4: ['10.0.3.17'] },
];
