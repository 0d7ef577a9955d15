// What a request may reach, written a second time and in the plainest way, from the documented rules alone.
// Nothing here comes from src, so that a fault there is not repeated here.
import { isIPv4, isIPv6 } from 'node:net';

/** The list that every server of the fuzz has; `slow` stands for a predicate that answers with a promise. */
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

/** A host in canonical form, or `undefined` where the text is none. */
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

/** Whether a rule lets a request through: all the hosts that it names are allowed, and they agree. */
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
    const standard = { http: 80, ws: 80, https: 443, wss: 443 };
    const usual =
      method === 'CONNECT' ? undefined : standard[absolute[1].toLowerCase()];
    const [host] = claims;
    if (!named || !host || named.name !== host.name) return false;
    if ((named.port ?? usual) !== (host.port ?? usual)) return false;
  } else if (!isPath && !(target === '*' && method === 'OPTIONS')) {
    return false;
  }

  if (setting.xForwardedHost) {
    const lines = valuesOf(request, 'x-forwarded-host').join(',');
    // Frameworks report Host where it is empty.
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
 * The rule of the route that a request leads to: the routes with a rule take GET, and one spelling of their path, with
 * a slash behind it or not. Whatever two readers could read in two ways has no rule.
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
 * The server itself knows of no trust in proxies, so neither do upgrades, CONNECT, nor 100 Continue; nor does a
 * framework once the peer's connection is gone. Then nobody reports X-Forwarded-Host as the request's host.
 */
const bare = (setting) => ({
  ...setting,
  xForwardedHost: setting.forwardedHost === 'always',
});

/**
 * `server`: it may be invited to go on; `gate`: code before routing may run; `route`: the library has no reason to
 * refuse; `handler(name, gone)`: that one may run; `reads(value, name)`: it may read this value as a host.
 */
export function judge(request, framework) {
  const isBare =
    request.method === 'CONNECT' || valuesOf(request, 'upgrade').length > 0;
  // The upgrades of a route are none of the route.
  const rule =
    valuesOf(request, 'upgrade').length > 0 ? 'list' : ruleOf(request);
  const gate = (setting) =>
    ['list', rule].some((one) => passes(request, setting, one));
  const ruleOfHandler = (name) => RULE_OF_ROUTE[name] ?? 'list';
  return {
    server: gate(bare(framework)),
    gate: gate(isBare ? bare(framework) : framework),
    // A target that is spelled in another way may lead to a route whose rule allows less than the list.
    route:
      (isPlain(request.target) ||
        !/admin|ready|health|any|%/i.test(request.target)) &&
      passes(request, framework, rule),
    handler: (name, gone) => {
      const setting = gone || name in ON_SOCKETS ? bare(framework) : framework;
      return name in BEFORE_ROUTING || name in ON_SOCKETS
        ? gate(setting)
        : passes(request, setting, ruleOfHandler(name));
    },
    reads: (value, name) => {
      const own = ruleOfHandler(name);
      if (value === '') return own === 'probes' || own === 'any';
      const host = hostOf(value);
      if (host === undefined) return false;
      // A framework leaves out the port of `hostname`, by which the list may know it.
      return [host.port, 8443].some((port) =>
        RULES[own]({ ...host, port }, framework),
      );
    },
  };
}
export const BEFORE_ROUTING = { middleware: true, cors: true };
const ON_SOCKETS = { connect: true, ws: true };
