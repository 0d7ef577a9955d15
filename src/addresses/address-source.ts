/**
 * Where addresses of this machine come from. Implement it to plug in a source of your own;
 * it then stands instead of what the platform would be asked.
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
  /** What the log and {@link InstanceAddress.source} call it: `ec2`, `ecs`, `kubernetes`, or a name of your own. */
  readonly name: string;

  /**
   * The addresses, primary first, in any spelling that `net.isIP` accepts, without port, brackets or zone id.
   * One value that is no address, or more than 4096 values, make the whole answer a failure: nothing of it is used.
   * Unspecified, loopback, link-local, multicast and broadcast addresses are ignored, and logged once.
   *
   * @param signal aborted when the budget (`addresses.timeoutMs`) is spent or the application closes;
   *   who ignores it is not waited for
   * @throws whatever went wrong; the message is logged once, and the source asked again later
   */
  addresses(signal: AbortSignal): Promise<readonly string[]>;
}

/** One address of this machine, and who named it. */
export interface InstanceAddress {
  /** Canonical: a dotted quad, or RFC 5952 without brackets. */
  readonly address: string;
  /** The {@link AddressSource.name} of the first source that named it. */
  readonly source: string;
}
