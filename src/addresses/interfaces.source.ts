import type { AddressSource } from './address-source.js';
import { canonicalAddresses } from './canonical-address.js';
import type { Machine } from './machine.js';
import { isUsable } from './usable.js';

/**
 * The addresses of this machine's own network interfaces, IPv4 first, without loopback and link-local ones.
 * In a Kubernetes pod these are the pod's, to which a kubelet or an ALB in `ip` mode sends its checks.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/ "every pod gets its own IP address"
 */
export class InterfacesSource implements AddressSource {
  constructor(
    readonly name: string,
    private readonly interfaces: Machine['interfaces'],
  ) {}

  async addresses(): Promise<readonly string[]> {
    const found = Object.values(this.interfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, address }) => !internal && isUsable(address));
    if (found.length === 0)
      throw new Error(
        'no network interface has an address beyond loopback and link-local',
      );
    return canonicalAddresses(
      ['IPv4', 'IPv6'].flatMap((wanted) =>
        found
          .filter(({ family }) => family === wanted)
          .map(({ address }) => address),
      ),
    );
  }
}
