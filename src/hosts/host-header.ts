import { COLON, DOT, NINE, OPEN_BRACKET, ZERO } from './character-codes.js';
import { formatIPv6, parseIPv4, parseIPv6 } from './ip-address.js';

/** A well-formed host, in canonical form. */
export interface Host {
  readonly ok: true;
  readonly kind: 'name' | 'ipv4' | 'ipv6';
  /**
   * Lower case, no trailing dot; an IPv6 address in RFC 5952 form without
   * brackets.
   */
  readonly hostname: string;
  /** The port in the header; `undefined` if there is none. */
  readonly port: number | undefined;
}

/** Why a value is not a host. */
export interface HostFault {
  readonly ok: false;
  readonly fault: 'missing' | 'malformed';
  /** What is wrong, for a log line. It contains nothing of the value. */
  readonly detail: string;
}

export type ParsedHost = Host | HostFault;

/**
 * Parses the value of a `Host` header, or of anything else with the same
 * grammar. It never throws. The time is linear in the length of the value,
 * which is limited.
 *
 * It is stricter than RFC 3986 §3.2.2: a name has only letters, digits, `-` and
 * `_`, and an IPv4 address is a canonical dotted quad. So no two parsers read
 * two different hosts.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-7.2 RFC 9110 §7.2}
 * @example
 * parseHostHeader('Example.COM.:8443'); // { ok: true, kind: 'name', hostname: 'example.com', port: 8443 }
 * parseHostHeader('good.com@evil.com'); // { ok: false, fault: 'malformed', detail: … }
 */
export function parseHostHeader(value: string | null | undefined): ParsedHost {
  if (value === undefined || value === null || value === '') return MISSING;
  if (typeof value !== 'string') return NOT_STRING;
  if (value.length > MAX_HEADER) return TOO_LONG;
  return value.charCodeAt(0) === OPEN_BRACKET
    ? parseBracketed(value)
    : parseName(value);
}

/** A host in header form without its port: an IPv6 address is in brackets. */
export function hostKey(host: Host): string {
  return host.kind === 'ipv6' ? `[${host.hostname}]` : host.hostname;
}

/**
 * Whether a value consists of well-formed labels, each with its dot, up to
 * `start`.
 *
 * @param start a position after a dot
 * @param end where the whole name ends; its length is limited
 */
export function areLabelsBefore(
  value: string,
  start: number,
  end: number,
): boolean {
  if (end > MAX_NAME) return false;
  let label = 0;
  for (let i = 0; label < start; i++) {
    const code = value.charCodeAt(i);
    if (code === DOT) {
      if (i === label || i - label > MAX_LABEL) return false;
      label = i + 1;
    } else if (!LABEL_CHARACTER[code]) {
      return false;
    }
  }
  return true;
}

function parseBracketed(value: string): ParsedHost {
  const close = value.indexOf(']');
  const groups = value.includes(']')
    ? parseIPv6(value.slice(1, close))
    : undefined;
  if (!groups) return BAD_BRACKETS;
  const port = parsePort(value, close + 1);
  if (port === BAD_PORT) return PORT_FAULT;
  return { ok: true, kind: 'ipv6', hostname: formatIPv6(groups), port };
}

function parseName(value: string): ParsedHost {
  let end = 0;
  let label = 0; // where the current label starts
  let last = 0; // where the last label that is not empty starts
  let kinds = 0; // of all characters
  for (; end < value.length; end++) {
    const code = value.charCodeAt(end);
    if (code === COLON) break;
    if (code === DOT) {
      if (end === label || end - label > MAX_LABEL) return BAD_LABEL;
      last = label;
      label = end + 1;
    } else {
      const kind = LABEL_CHARACTER[code] ?? 0;
      if (kind === 0) return BAD_CHARACTER;
      kinds |= kind;
    }
  }
  if (end === 0 || end - label > MAX_LABEL) return BAD_LABEL;
  const isRooted = label === end;
  const nameEnd = isRooted ? end - 1 : end;
  if (nameEnd > MAX_NAME) return TOO_LONG;
  const port = parsePort(value, end);
  if (port === BAD_PORT) return PORT_FAULT;
  // Stryker disable next-line ConditionalExpression: fast path, see bench
  const name = nameEnd === value.length ? value : value.slice(0, nameEnd);
  // Browsers send lower case: fast path, see bench/RESULTS.md.
  const hostname = kinds & CAPITAL ? name.toLowerCase() : name;
  if (!isNumber(value, isRooted ? last : label, nameEnd))
    return { ok: true, kind: 'name', hostname, port };
  return isRooted || parseIPv4(hostname) === undefined
    ? BAD_IPV4
    : { ok: true, kind: 'ipv4', hostname, port };
}

/**
 * Whether a label is decimal, or hexadecimal after `0x`: a resolver may read it
 * as a number (WHATWG URL, "ends in a number").
 */
function isNumber(value: string, from: number, end: number): boolean {
  // Most last labels start with a letter.
  // Stryker disable next-line ConditionalExpression: fast path, see bench
  if (value.charCodeAt(from) > NINE) return false;
  for (let i = from; i < end; i++) {
    const code = value.charCodeAt(i);
    if (code < ZERO || code > NINE)
      return /^0x[0-9a-f]*$/i.test(value.slice(from, end));
  }
  return true;
}

function parsePort(value: string, at: number): number | undefined {
  if (at === value.length) return undefined;
  const digits = value.length - at - 1;
  if (value.charCodeAt(at) !== COLON || digits < 1 || digits > 5)
    return BAD_PORT;
  let port = 0;
  for (let i = at + 1; i < value.length; i++) {
    const digit = value.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return BAD_PORT;
    port = port * 10 + digit;
  }
  return port <= MAX_PORT ? port : BAD_PORT;
}

const malformed = (detail: string): HostFault =>
  Object.freeze({ ok: false, fault: 'malformed', detail });

const MISSING: HostFault = Object.freeze({
  ok: false,
  fault: 'missing',
  detail: 'it is missing or empty',
});
const NOT_STRING = malformed('it is not a string');
const TOO_LONG = malformed('it is longer than a host can be');
const BAD_BRACKETS = malformed('its brackets do not contain an IPv6 address');
const BAD_LABEL = malformed('a label is empty or longer than 63 characters');
const BAD_CHARACTER = malformed(
  'it contains a character that is not allowed in a host',
);
const BAD_IPV4 = malformed(
  'it ends in a number but is not an IPv4 address of four decimal numbers',
);
const PORT_FAULT = malformed(
  'the text after its host is not a port from 0 to 65535',
);

const BAD_PORT = -1;
export const MAX_PORT = 65_535;
const MAX_LABEL = 63;
const MAX_NAME = 253;
/** The longest name, a trailing dot, a colon and five digits. */
export const MAX_HEADER = MAX_NAME + 1 + 6;

const CAPITAL = 2;
/** 0 for a character that is not allowed in a label. */
const LABEL_CHARACTER = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[A-Z]/.test(character) ? CAPITAL : /[\w-]/.test(character) ? 1 : 0;
});
