import { domainToASCII, domainToUnicode } from 'node:url';
import { hostKey, parseHostHeader, type Host } from './host-header.js';
import { parseIPv6 } from './ip-address.js';

/**
 * Parses a host from the configuration. Unlike in a header, a name may have
 * letters beyond ASCII and IPv6 needs no brackets.
 *
 * @returns `undefined` if the text is not a host
 */
export function parseConfiguredHost(text: string): Host | undefined {
  const host = parseHostHeader(parseIPv6(text) ? `[${text}]` : toAscii(text));
  return host.ok ? host : undefined;
}

/**
 * Converts a name to punycode, as a header carries it, and keeps its port. Text
 * that is not a name is returned unchanged, so it is not parsed as a host
 * later.
 */
export function toAscii(text: string): string {
  if (isAscii(text)) return text;
  const [name = ''] = text.split(':', 1);
  // domainToASCII() parses a URL: it cuts a name at "#", decodes "%2e" and
  // reads full-width digits as an address.
  if (NOT_IN_NAME.test(name)) return text;
  const ascii = domainToASCII(name);
  return isSameName(name, ascii) ? ascii + text.slice(name.length) : text;
}

/** A host in header form, with its port. */
export function withPort(host: Host): string {
  return host.port === undefined
    ? hostKey(host)
    : `${hostKey(host)}:${host.port}`;
}

/**
 * Whether punycode has the labels of a name: none is dropped, joined, or
 * replaced by letters that look alike.
 */
function isSameName(name: string, ascii: string): boolean {
  const labels = ascii.split('.');
  return name.split('.').every((label, i) => {
    const lower = Array.from(label, (char) => char.toLowerCase()).join('');
    const converted = labels[i] ?? '';
    return (
      isAscii(label) ||
      (isPunycode(converted) &&
        domainToUnicode(converted) === lower.normalize())
    );
  });
}

function isPunycode(label: string): boolean {
  return label.startsWith('xn--');
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}

/**
 * ASCII characters that are not allowed in a name, and all quotation marks and
 * brackets.
 */
const NOT_IN_NAME = /(?![\w.-])\p{ASCII}|[\p{Pi}\p{Pf}\p{Ps}\p{Pe}]/u;
