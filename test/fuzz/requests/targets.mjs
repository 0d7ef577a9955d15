// Makes request targets: paths of the application, other spellings of them, and absolute forms.
import { hostValue, mangled, upperCase } from './hosts.mjs';

const PATHS = [
  '/hello',
  '/hello',
  '/hello?q=1',
  '/echo',
  '/any/secret',
  '/any/mounted',
  '/any/mounted/x',
  '/nothing',
  '/',
  '/ws',
  '/socket.io/?EIO=4&transport=polling',
  '/socket.io/socket.io.js',
];
/** Paths that have a rule; see server/handlers.mjs and server/gateways.mjs. */
const RULED_PATHS = [
  '/admin',
  '/ready',
  '/any',
  '/any/7',
  '/any/7',
  '/files/a/b.txt',
  '/files/a/b.txt',
  '/health',
  '/livez',
];
export const GATEWAY_PATHS = [
  '/socket.io/',
  '/live-admin',
  '/live-probes',
  '/live-any',
];
const HOSTS_OF_RULES = [
  'admin.example.com',
  'ADMIN.example.com.:3000',
  'localhost',
  '192.0.2.7',
  '[::1]:3000',
  'evil.example',
  'example.com',
];

/** Returns a host and a path: often a path with a rule, with a host that one of the rules allows. */
export function hostAndPath(random) {
  if (random.chance(0.7))
    return {
      host: hostValue(random),
      path: random.pick(random.chance(0.5) ? PATHS : RULED_PATHS),
    };
  const path = random.pick(random.chance(0.8) ? RULED_PATHS : GATEWAY_PATHS);
  return {
    host: random.pick(HOSTS_OF_RULES),
    path: random.chance(0.5) ? path : respelled(random, path),
  };
}

/** What some parsers decode and others do not: separators, dots, line ends. */
const ENCODED = [
  '%2f %2F %5C %00 %0a %0D %7f %2e',
  '%c2%85 %C2%85 %e2%80%a8 %e2%80%A9',
].flatMap((text) => text.split(' '));
const ODD = [
  String.raw`% %zz %ff %c3%28 %c0%af %20 %3b %3f %23 ; ;x=1 \ / // /. /.. . : *`,
  '~ + , ? ?x=/any ?/../any # #/any /x /secret \xe9 \x85',
].flatMap((text) => text.split(' '));
const encoded = (character) => `%${character.charCodeAt(0).toString(16)}`;

/** Writes a path in another way: some routers read the same path, some read another one. */
export function respelled(random, path) {
  const at = 1 + random.below(path.length);
  const [before, after] = [path.slice(0, at), path.slice(at)];
  const character = after[0] ?? 'a';
  return random.pick([
    () => upperCase(path),
    () => before + upperCase(after),
    () => before + encoded(character) + after.slice(1),
    () => before + upperCase(encoded(character)) + after.slice(1),
    () => before + encoded(character).replace('%', '%25') + after.slice(1),
    () => before + random.pick(ODD) + after,
    () => path + random.pick(ODD),
    () => path + random.pick(ENCODED),
    () => path + random.pick(ENCODED) + random.pick(['secret', 'x', '..']),
    () => before + random.pick(ENCODED) + after,
    () => random.pick(['/', '/x', '//', '/.', '/x/..', '/%2e', '\\']) + path,
    () => `/hello/${random.pick(['..', '%2e%2e', '.%2E', '%2e'])}${path}`,
    () => `/hello${random.pick([';', '?', '#', '%00', '%2f'])}${path}`,
    () => `/${random.pick(['evil.example', 'http:'])}/${path}`,
    () => path.replaceAll('/', random.pick(['//', '/./', '%2f', '\\', '/'])),
    () => `/${'x'.repeat(2000)}${path}`,
    () => mangled(random, path),
  ])();
}

const mutations = [
  ({ path }, random) => respelled(random, path),
  ({ path }, random) => respelled(random, respelled(random, path)),
  // Absolute forms that match Host:
  ({ host, path }, random) =>
    `${random.pick(['http', 'HTTP', 'https', 'ws', 'foo'])}://${host}${path}`,
  ({ host, path }) => `http://${host}:80${path}`,
  ({ host, path }) => `https://${upperCase(host)}:443${path}`,
  ({ host, path }) => `http://${host.replace(/:80$/, '')}${path}`,
  // Absolute forms that do not match Host, or match it only by chance:
  ({ path }, random) => `http://${hostValue(random)}${path}`,
  ({ host, path }) => `http://user@${host}${path}`,
  ({ host, path }) => `http://${host}@evil.example${path}`,
  ({ host, path }) => `http://${host}\\@evil.example${path}`,
  ({ host }, random) => `http://${host}${random.pick(['', '?x', '#x', '//'])}`,
  ({ path }) => `http://${path}`,
  ({ path }) => `http:${path}`,
  ({ host }) => host,
  () => '*',
  ({ path }) => `*${path}`,
  ({ path }) => path.slice(1) || '-',
];

/** Returns another target for a request. */
export const mutatedTarget = (request, random) =>
  random.pick(mutations)(request, random);
