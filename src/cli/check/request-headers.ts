import { FOREIGN_HOST } from './probe.js';

/** What a browser sends. */
export const PAGE = [
  'User-Agent: Mozilla/5.0',
  'Accept: */*',
  'Connection: close',
];

/** A WebSocket handshake: RFC 6455 §4.1. */
export const UPGRADE = [
  'User-Agent: Mozilla/5.0',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

export const PREFLIGHT = [
  'User-Agent: Mozilla/5.0',
  `Origin: https://${FOREIGN_HOST}`,
  'Access-Control-Request-Method: GET',
  'Connection: close',
];
