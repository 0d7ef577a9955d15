// Queries of the GraphQL endpoint.
import { respelled } from './targets.mjs';

const PATH = '/graphql';
const QUERIES = [
  ['hello'],
  ['admin'],
  ['admin'],
  ['ready'],
  ['ready'],
  ['hello', 'admin'],
  ['__typename'],
];

/** A query with GET or POST, sometimes on another path. */
export function graphql(request, random) {
  if (request.body !== undefined) return;
  const path = random.pick([
    PATH,
    PATH,
    PATH,
    PATH,
    `${PATH}/`,
    `${PATH}/hello`,
    `/any${PATH}`,
    respelled(random, PATH),
  ]);
  request.queries = random.pick(QUERIES);
  const query = `{ ${request.queries.join(' ')} }`;
  const encoded = `query=${encodeURIComponent(query)}`;
  if (random.chance(0.3)) {
    request.method = 'GET';
    request.target = `${path}${path.includes('?') ? '&' : '?'}${encoded}`;
    request.fields.push(['Apollo-Require-Preflight', 'true']);
    return;
  }
  request.method = 'POST';
  request.target = path;
  request.body = JSON.stringify({ query });
  request.fields.push(['Content-Type', 'application/json']);
}
