// Which rule a request may use before it is routed (docs/security.md), and the rule of each piece of code.

/** The rule that the guard checks for each handler. Handlers that are not here have no rule. */
export const RULE_OF_HANDLER = {
  admin: 'admin',
  files: 'admin',
  ready: 'probes',
  any: 'any',
  item: 'any',
  'socket-admin-message': 'admin',
  'socket-probes-message': 'probes',
  'socket-any-message': 'any',
  'own-socket-admin-message': 'admin',
  'own-socket-any-message': 'any',
  'query-admin': 'admin',
  'query-ready': 'probes',
};

const ROUTES = [
  [/^admin$/, 'admin'],
  [/^files\/[^/]+\/[^/]+$/, 'admin'],
  [/^(?:ready|health|livez)$/, 'probes'],
  [/^any$/, 'any'],
  // `any/secret` has no rule. On Express its handler could pass a request on to `any/:id`, so the gate lets it through.
  [/^any\/[^/]+$/, 'any'],
];
const GATEWAYS = [
  [/^live-admin$/, 'admin'],
  [/^live-probes$/, 'probes'],
  [/^live-any$/, 'any'],
];
/** Gateways with a port of their own. */
const OWN_GATEWAYS = [
  [/^own-admin$/, 'admin'],
  [/^own-any$/, 'any'],
];
const GRAPHQL = [[/^graphql$/, 'graphql']];

/** A path that every parser reads in the same way, with percent-encoding in which nothing is ambiguous. */
const UNAMBIGUOUS =
  /^(?:\/(?!\.{1,2}(?:\/|$))(?:[^/%;\\#]|%(?!2[ef]|5c|[01].|7f|zz|c2%85|e2%80%a[89])[\da-f]{2})+)+\/?$/i;

/** The path of a target without its encoding, in lower case; `undefined` if it could be read in two ways. */
function pathOf(target) {
  const path = target.replace(/\?.*$/s, '');
  if (!UNAMBIGUOUS.test(path)) return undefined;
  try {
    return decodeURIComponent(path)
      .toLowerCase()
      .replace(/^\/|\/$/g, '');
  } catch {
    return undefined;
  }
}

const find = (table, target) => {
  const path = pathOf(target);
  const row = table.find(
    ([pattern]) => path !== undefined && pattern.test(path),
  );
  return row?.[1] ?? 'list';
};

/** The rule of the route that a request may lead to; `list` if there is none. */
export function routeRuleFor({ method, target = '' }) {
  // Routes with a rule handle GET, and so HEAD.
  return method === 'GET' || method === 'HEAD' ? find(ROUTES, target) : 'list';
}

/** The rule of the gateway on the path of an upgrade or of a request that polls; `list` if there is none. */
export const gatewayRuleFor = ({ target = '', toGateway }) =>
  find(toGateway ? OWN_GATEWAYS : GATEWAYS, target);

/** The rules of all resolvers on the path of the GraphQL endpoint. */
export const graphqlRulesFor = ({ target = '' }) =>
  find(GRAPHQL, target) === 'graphql' ? ['admin', 'probes'] : [];

/** The rules of the resolvers that a request queries. */
export const queriedRules = ({ target = '', queries = ['hello'] }) =>
  /^\/graphql/i.test(target)
    ? queries.map((name) => RULE_OF_HANDLER[`query-${name}`] ?? 'list')
    : [];

/** Whether socket.io certainly serves a target. */
export const isGatewayPath = (target) =>
  /^\/(?:socket\.io|live-\w+)\/(?:\?|$)/.test(target);

/** The spellings under which a path certainly leads to its route, on each framework. */
const EXACT = /^\/(?:[\w.-]+(?:\/[\w-][\w.-]*)*)?(?:\?[^#]*)?$/;

/**
 * Whether it is certain which route serves a target: it is spelled exactly, or resembles no path with a rule.
 *
 * @param sockets the adapter of the gateways; `ws` compares whole paths, so a slash at the end makes another path
 */
export function isCertain(target, sockets) {
  const path = target.replace(/\?.*$/s, '');
  return (
    (EXACT.test(target) && path === path.toLowerCase()) ||
    (sockets === 'socket.io' && isGatewayPath(target)) ||
    !/admin|files|ready|health|livez|any|live|graphql|%/i.test(target)
  );
}
