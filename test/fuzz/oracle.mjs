// An independent implementation of the documented rules: which code of the application a request may reach. It uses
// nothing from src, so that it does not repeat a bug of src.
import { isIPv4, isIPv6 } from 'node:net';

/** The list of hosts that every server of the fuzz allows. The setting `slow` adds a predicate that returns a promise. */
export const HOSTS = [
  'example.com',
  '.example.org',
  '*.example.net',
  'pin.example.com:8443',
  /tenant-\d+\.example\.dev/,
  '10.0.0.0/16',
  'fd00::/8',
  '[2001:db8:0::1]',
];

function listed({ kind, name, port }, { slow }) {
  if (kind === 'ipv4') return name.startsWith('10.0.');
  if (kind === 'ipv6')
    return name === '[2001:db8::1]' || /^\[fd[0-9a-f]{2}:/.test(name);
  return (
    name === 'example.com' ||
    name === 'example.org' ||
    name.endsWith('.example.org') ||
    name.endsWith('.example.net') ||
    (name === 'pin.example.com' && port === 8443) ||
    /^tenant-\d+\.example\.dev$/.test(name) ||
    (slow && name === 'slow.example')
  );
}

/** Parses a host into its canonical form. Returns `undefined` if the text is not a host. */
export function hostOf(text) {
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text);
  if (!parts) return undefined;
  const [, written, digits] = parts;
  const port = digits === undefined ? undefined : Number(digits);
  if (port > 65535) return undefined;
  if (written.startsWith('[')) {
    const address = written.slice(1, -1);
    if (!isIPv6(address) || address.includes('%')) return undefined;
    return { kind: 'ipv6', name: new URL(`http://${written}`).hostname, port };
  }
  const name = written.replace(/\.$/, '').toLowerCase();
  const labels = name.split('.');
  if (name.length > 253) return undefined;
  if (!labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label)))
    return undefined;
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1)))
    return isIPv4(written) ? { kind: 'ipv4', name, port } : undefined;
  return { kind: 'name', name, port };
}

const RULES = {
  list: listed,
  admin: ({ name }) => name === 'admin.example.com',
  probes: (host, setting) =>
    host.kind !== 'name' || host.name === 'localhost' || listed(host, setting),
  any: () => true,
};
const RULE_OF_ROUTE = {
  admin: 'admin',
  ready: 'probes',
  health: 'probes',
  any: 'any',
};
const trim = (text) => text.replace(/^[ \t]+|[ \t]+$/g, '');

function valuesOf({ lines }, name) {
  return lines
    .map((line) => [line.slice(0, line.indexOf(':')), line])
    .filter(([before]) => before.trim().toLowerCase() === name)
    .map(([before, line]) => trim(line.slice(before.length + 1)));
}

/** Returns whether a rule allows a request: every host that the request names is allowed, and the hosts agree. */
function passes(request, setting, rule) {
  const hosts = valuesOf(request, 'host');
  if (hosts.length > 1) return false;
  const noHost = hosts.length === 0 || hosts[0] === '';
  if (noHost && rule !== 'probes' && rule !== 'any') return false;
  const claims = noHost ? [] : [hostOf(hosts[0])];
  const { method } = request;
  const target = trim(request.target);

  const absolute = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(target);
  const isPath = target.startsWith('/');
  const authority = method === 'CONNECT' ? target : absolute?.[2];
  if (authority !== undefined && !isPath) {
    const named = hostOf(authority);
    const defaultPorts = { http: 80, ws: 80, https: 443, wss: 443 };
    const defaultPort =
      method === 'CONNECT'
        ? undefined
        : defaultPorts[absolute[1].toLowerCase()];
    const [host] = claims;
    if (!named || !host || named.name !== host.name) return false;
    if ((named.port ?? defaultPort) !== (host.port ?? defaultPort))
      return false;
  } else if (!isPath && !(target === '*' && method === 'OPTIONS')) {
    return false;
  }

  if (setting.xForwardedHost) {
    const lines = valuesOf(request, 'x-forwarded-host').join(',');
    // Frameworks report Host if the header is empty.
    if (lines !== '')
      claims.push(...lines.split(',').map((entry) => hostOf(trim(entry))));
  }
  if (setting.forwarded) {
    for (const { hosts: named, broken } of request.forwarded) {
      if (broken) return false;
      claims.push(...named.map(hostOf));
    }
  }
  return claims.every(
    (claim) => claim !== undefined && RULES[rule](claim, setting),
  );
}

const isPlain = (target) => /^(?:\/[\w.-]+)+\/?(?:\?.*)?$/s.test(target);

/**
 * Returns the rule of the route that a request targets. Routes with a rule handle GET and HEAD on their exact path, with
 * or without a trailing slash. A target that two parsers could read as two paths has no rule.
 */
function ruleOf({ method, target }) {
  if (method !== 'GET' && method !== 'HEAD') return 'list';
  const path = target.replace(/\?.*$/s, '');
  if (!/^(?:\/(?:[^/%;\\#]|%(?!2[ef]|5c|[01].|7f|zz)..)+)+\/?$/i.test(path))
    return 'list';
  let name;
  try {
    name = decodeURIComponent(path)
      .toLowerCase()
      .replace(/^\/|\/$/g, '');
  } catch {
    return 'list';
  }
  return Object.hasOwn(RULE_OF_ROUTE, name) ? RULE_OF_ROUTE[name] : 'list';
}

/**
 * Node's server does not trust proxies, so upgrades, CONNECT and 100 Continue ignore X-Forwarded-Host. A framework ignores
 * it as well once the peer has disconnected.
 */
const bare = (setting) => ({
  ...setting,
  xForwardedHost: setting.forwardedHost === 'always',
});

/**
 * `server`: the server may respond 100 Continue. `gate`: code before routing may run. `route`: the library must not refuse
 * the request. `handler(name, disconnected)`: that handler may run. `reads(value, name)`: it may read that value as a host.
 */
export function judge(request, framework) {
  const isBare =
    request.method === 'CONNECT' || valuesOf(request, 'upgrade').length > 0;
  // A rule of a route does not apply to upgrades on that route.
  const rule =
    valuesOf(request, 'upgrade').length > 0 ? 'list' : ruleOf(request);
  const gate = (setting) =>
    ['list', rule].some((name) => passes(request, setting, name));
  const ruleOfHandler = (name) => RULE_OF_ROUTE[name] ?? 'list';
  return {
    server: gate(bare(framework)),
    gate: gate(isBare ? bare(framework) : framework),
    // Another spelling of a target may reach a route whose rule allows less than the list.
    route:
      (isPlain(request.target) ||
        !/admin|ready|health|any|%/i.test(request.target)) &&
      passes(request, framework, rule),
    handler: (name, disconnected) => {
      const setting =
        disconnected || name in ON_SOCKETS ? bare(framework) : framework;
      return name in BEFORE_ROUTING || name in ON_SOCKETS
        ? gate(setting)
        : passes(request, setting, ruleOfHandler(name));
    },
    reads: (value, name) => {
      const rule = ruleOfHandler(name);
      if (value === '') return rule === 'probes' || rule === 'any';
      const host = hostOf(value);
      if (host === undefined) return false;
      // `hostname` has no port, which the list may require.
      return [host.port, 8443].some((port) =>
        RULES[rule]({ ...host, port }, framework),
      );
    },
  };
}
export const BEFORE_ROUTING = { middleware: true, cors: true };
const ON_SOCKETS = { connect: true, ws: true };
