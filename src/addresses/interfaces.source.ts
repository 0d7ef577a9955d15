import type { AddressSource } from './address-source.js';
import { canonicalAddresses } from './canonical-address.js';
import type { Machine } from './machine.js';
import { isUsable } from './usable-address.js';

/**
 * The addresses of this machine's network interfaces, IPv4 first, without loopback and link-local addresses. In a
 * Kubernetes pod these are the addresses of the pod, to which a kubelet or an ALB in `ip` mode sends its checks.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/ "every pod gets its own IP address"
 */
export class InterfacesSource implements AddressSource {
  readonly #interfaces: Machine['interfaces'];

  constructor(
    readonly name: string,
    interfaces: Machine['interfaces'],
  ) {
    this.#interfaces = interfaces;
  }

  async addresses(): Promise<readonly string[]> {
    const found = Object.values(this.#interfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, address }) => !internal && isUsable(address));
    if (found.length === 0)
      throw new Error(
        'no network interface has an address other than loopback and link-local ones',
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
