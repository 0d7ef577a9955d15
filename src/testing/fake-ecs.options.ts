/**
 * The network of the fake task.
 *
 * @example
 * ```ts
 * task.network = { mode: 'awsvpc', ipv4: ['10.0.7.4'], ipv6: ['2600:1f14::4'] };
 * ```
 */
export interface FakeEcsNetwork {
  /**
   * The network mode; `awsvpc` as on Fargate.
   *
   * @default 'awsvpc'
   */
  readonly mode?: 'awsvpc' | 'bridge' | 'host' | 'default' | 'none';
  /**
   * The IPv4 addresses.
   *
   * @default ['10.0.7.4'] for `awsvpc`, ['172.17.0.2'] for `bridge` and `default`; none if `ipv6` is given
   */
  readonly ipv4?: readonly string[];
  /**
   * The IPv6 addresses.
   *
   * @default none
   */
  readonly ipv6?: readonly string[];
}
