import { parseHostHeader, type Host } from './host-header.js';

/** Which part of a request names a host. */
export type HostSource =
  'Host' | ':authority' | 'request target' | 'X-Forwarded-Host' | 'Forwarded';

/** A host that a request names. */
export interface HostClaim {
  readonly source: HostSource;
  readonly value: string;
  readonly host: Host;
}

/** Why the hosts of a request cannot be compared with a list. */
export interface ClaimFault {
  readonly reason: 'missing' | 'malformed' | 'ambiguous' | 'conflicting';
  readonly source: HostSource;
  readonly value: string | undefined;
  readonly detail: string;
}

/**
 * Collects the hosts that a request names. Each method returns a fault, or
 * `undefined` if there is none.
 */
export class HostClaims {
  readonly all: HostClaim[] = [];

  add(source: HostSource, value: string): ClaimFault | undefined {
    const host = parseHostHeader(value);
    if (!host.ok)
      return { reason: 'malformed', source, value, detail: host.detail };
    this.all.push({ source, value, host });
    return undefined;
  }

  addEach(
    source: HostSource,
    values: readonly string[],
  ): ClaimFault | undefined {
    for (const value of values) {
      const fault = this.add(source, value);
      if (fault) return fault;
    }
    return undefined;
  }

  /**
   * Adds a host that must equal the first one, which is `Host` or, in HTTP/2,
   * `:authority`.
   */
  addSame(
    source: HostSource,
    value: string,
    scheme?: string,
  ): ClaimFault | undefined {
    const host = parseHostHeader(value);
    const [first] = this.all;
    if (!host.ok || (first && isSameHost(first.host, host, scheme)))
      return this.add(source, value);
    return {
      reason: 'conflicting',
      source,
      value,
      detail: 'it does not match Host',
    };
  }
}

/** Compares host and port; the default port of the scheme counts as no port. */
function isSameHost(one: Host, other: Host, scheme = ''): boolean {
  const defaultPort = DEFAULT_PORTS.get(scheme);
  return (
    one.hostname === other.hostname &&
    (one.port ?? defaultPort) === (other.port ?? defaultPort)
  );
}

const DEFAULT_PORTS = new Map([
  ['http', 80],
  ['ws', 80],
  ['https', 443],
  ['wss', 443],
]);
