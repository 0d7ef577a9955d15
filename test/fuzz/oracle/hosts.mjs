// An independent implementation of the documented rules. Nothing here uses src, so that it does not repeat a bug of src.
// This file: what a host is, and which hosts the list and the rules of routes allow.
import { isIPv4, isIPv6 } from 'node:net';

/** The list that every server of the fuzz has. Some have a predicate, a list that changes, or a lookup besides. */
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

/**
 * Parses a host into its canonical form. Returns `undefined` if the text is not a host.
 *
 * @returns {{ kind: 'name' | 'ipv4' | 'ipv6', name: string, port: number | undefined } | undefined}
 */
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

function listed(host, world) {
  const { kind, name, port } = host;
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
    (world.slow && name === 'slow.example') ||
    (world.changing && listedNow(host, world))
  );
}

/** What the changing list and the lookup allow; see server/changing-hosts.mjs. */
function listedNow({ name, port }, { list, flipped }) {
  return (
    name === 'both.example' ||
    (list === 'A' && name === 'list-a.example') ||
    (list === 'B' && name === 'list-b.example' && port === 8080) ||
    /^yes-[^.]*\.tenant\.example$/.test(name) ||
    (flipped && /^flip-[^.]*\.tenant\.example$/.test(name))
  );
}

/** Whether the lookup fails for a host, so that the response is 503. */
export const cannotBeLookedUp = ({ name }) =>
  /^(?:throws-[^.]*|hangs)\.tenant\.example$/.test(name);

/** What each rule allows. `world` is the state of everything that can change; see worlds.mjs. */
export const RULES = {
  list: listed,
  admin: ({ name }) => name === 'admin.example.com',
  probes: (host, world) =>
    host.kind !== 'name' || host.name === 'localhost' || listed(host, world),
  any: () => true,
};
/** The rules under which a request may name no host. */
export const NO_HOST = { probes: true, any: true };
