// Requests for WebSockets and for socket.io: upgrades, polling, and messages in them.
import { GATEWAY_PATHS, respelled } from './targets.mjs';

const QUERIES = {
  polling: '?EIO=4&transport=polling',
  websocket: '?EIO=4&transport=websocket',
};
/** The client replaces it with the identifier of a session that an allowed host has opened. */
export const SESSION = '{sid}';
const PATHS = ['/ws', '/ws', ...GATEWAY_PATHS];
/** Of the gateways with a port of their own; and paths that have a rule on the application's port only. */
const OWN_PATHS = ['/own', '/own-admin', '/own-any', '/live-any', '/any'];

function socketTarget(random, query, paths = PATHS) {
  const path = random.pick(paths);
  const target = random.chance(0.8) ? path : respelled(random, path);
  return target.includes('?') ? target : target + query;
}

/** A handshake with a gateway that has a port of its own. */
export function ownUpgrade(request, random) {
  upgrade(request, random);
  request.target = socketTarget(random, QUERIES.websocket, OWN_PATHS);
}

/** A WebSocket handshake, often with messages that follow it at once. */
export function upgrade(request, random) {
  request.method = random.chance(0.95) ? 'GET' : request.method;
  if (random.chance(0.9))
    request.target = socketTarget(random, QUERIES.websocket);
  request.fields.push(
    ['Upgrade', random.pick(['websocket', 'websocket', 'websocket', 'h2c'])],
    ['Connection', random.chance(0.9) ? 'Upgrade' : 'keep-alive'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  );
  request.alone = true;
  if (request.body === undefined && random.chance(0.7))
    request.frames = random
      .pick([
        [text('{"event":"hello"}')],
        [text('40'), text('42["hello"]')],
        [text('{"event":"hello"}'), '\xff\xff\xff'],
      ])
      .join('');
}

/** Long polling of socket.io: a handshake, or a request in an open session. */
export function polling(request, random) {
  request.target = socketTarget(random, QUERIES.polling);
  if (random.chance(0.4)) return;
  request.target += `&sid=${random.chance(0.9) ? SESSION : 'unknown'}`;
  request.alone = true;
  if (request.body !== undefined || random.chance(0.5)) return;
  request.method = 'POST';
  request.fields.push(['Content-Type', 'text/plain;charset=UTF-8']);
  request.body = random.pick(['40', '40\x1e42["hello"]', '1', '\xff']);
}

/** A masked text frame of a client (RFC 6455 §5.2), shorter than 126 bytes. The mask is 0. */
const text = (payload) =>
  `\x81${String.fromCharCode(0x80 | payload.length)}\0\0\0\0${payload}`;
