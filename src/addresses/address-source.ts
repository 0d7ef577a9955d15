/**
 * Returns the addresses of this machine. Implement it to replace the sources of the platform with your own.
 *
 * @example
 * ```ts
 * const fromFile: AddressSource = {
 *   name: 'inventory',
 *   addresses: async (signal) =>
 *     (await readFile('/etc/my-addresses', { encoding: 'utf8', signal })).trim().split('\n'),
 * };
 * AllowedHostsModule.forRoot({ hosts, addresses: { sources: [fromFile] } });
 * ```
 */
export interface AddressSource {
  /** The name in the log and in {@link InstanceAddress.source}: `ec2`, `ecs`, `kubernetes`, or a name of your own. */
  readonly name: string;

  /**
   * Returns the addresses, primary first, in any notation that `net.isIP` accepts, without port, brackets or zone id.
   * One value that is not an address, or more than 4096 values, makes the whole result a failure: none of it is used.
   * Unspecified, loopback, link-local, multicast and broadcast addresses are ignored and logged once.
   *
   * @param signal aborts when the time budget (`addresses.timeoutMs`) is spent or the application closes;
   *   a source that ignores it is not waited for
   * @throws any error; its message is logged once, and the source is queried again later
   */
  addresses(signal: AbortSignal): Promise<readonly string[]>;
}

/**
 * One address of this machine and the source that returned it.
 *
 * @example
 * ```ts
 * allowedHosts.addresses; // [{ address: '10.0.3.17', source: 'ec2' }]
 * ```
 */
export interface InstanceAddress {
  /** Canonical: a dotted quad, or RFC 5952 without brackets. */
  readonly address: string;
  /** The {@link AddressSource.name} of the first source that returned it. */
  readonly source: string;
}
