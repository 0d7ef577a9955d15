import type { Type } from '@nestjs/common';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import type { GatewayServer } from '../frameworks/gateway-servers.js';
import { plainPath } from '../frameworks/plain-path.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import type { RuledProvider } from './ruled-providers.js';

/** The rules on WebSocket gateways, for upgrades and polling on their ports and paths. */
export class GatewayRules {
  readonly #gateways: readonly RuledProvider[];
  readonly #warn: (message: string) => void;
  /** By port and option: gateways with the same ones share a server. */
  readonly #servers = new Map<string, GatewayServer>();

  constructor(
    gateways: readonly RuledProvider[],
    warn: (message: string) => void,
  ) {
    this.#gateways = gateways;
    this.#warn = warn;
  }

  /** Call it for each server of a gateway, before its first client. */
  addServer(server: GatewayServer): void {
    const key = JSON.stringify([server.port, server.option]);
    if (this.#servers.has(key)) return;
    this.#servers.set(key, server);
    const { shared, rules } = this.#commonRules(
      [...this.#servers.values()].filter(
        ({ port, path }) => port === server.port && path === server.path,
      ),
    );
    if (shared && rules.length === 0)
      this.#warn(
        `Gateways with different rules share the path ${server.path ?? '/'} on port ${server.port}: only hosts in the list can connect there. Give them paths or ports of their own.`,
      );
  }

  /**
   * The rules for a request on a port; 0 is the application's own.
   *
   * @param kind an `upgrade`, or a `request` that may poll, which platform-ws does not serve
   */
  on(
    port: number,
    request: HostRequest,
    kind: 'upgrade' | 'request',
  ): readonly RouteRule[] {
    const path = plainPath(request.url);
    const servers = [...this.#servers.values()].filter(
      (server) =>
        server.port === port &&
        (kind === 'upgrade' || server.kind !== 'ws') &&
        mayServe(server, path),
    );
    const isServed = servers.some((server) => isPathOf(server, path));
    // Stryker disable next-line ArrayDeclaration: a text is no server
    return this.#commonRules(isServed ? servers : []).rules;
  }

  /** A connection may reach all gateways of these servers, so only a rule that all of them have applies. */
  #commonRules(servers: readonly GatewayServer[]) {
    const here = this.#gateways.filter(({ metatype }) => {
      const own = gatewayOptions(metatype);
      return servers.some(
        ({ port, option }) => own.port === port && own.path === option,
      );
    });
    const [first, ...others] = here;
    const rules = (first?.rules ?? []).filter((rule) =>
      others.every((other) => other.rules.includes(rule)),
    );
    return { rules, shared: here.some((gateway) => gateway.rules.length > 0) };
  }
}

/**
 * socket.io serves every path that starts with its own; its clients send that path with a slash.
 *
 * @param requested `undefined` if parsers read different paths
 */
function isPathOf(
  { kind, path }: GatewayServer,
  requested: string | undefined,
): boolean {
  if (path === undefined) return requested !== undefined;
  return (
    requested === path || (kind === 'socket.io' && requested === `${path}/`)
  );
}

/** Whether a server may take a request to a path before the others get it. */
function mayServe(
  server: GatewayServer,
  requested: string | undefined,
): boolean {
  return server.kind === 'socket.io'
    ? `${requested}/`.startsWith(`${server.path}/`)
    : isPathOf(server, requested);
}

function gatewayOptions(metatype: Type) {
  const { path } = Reflect.getMetadata(
    'websockets:gateway_options',
    metatype,
  ) as { path?: string };
  return { port: Reflect.getMetadata('port', metatype) as number, path };
}
