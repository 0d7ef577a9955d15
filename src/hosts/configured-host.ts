/** Hosts as an operator writes them: with letters beyond ASCII, and IPv6 without brackets. */
import { domainToASCII, domainToUnicode } from 'node:url';
import { type Host, hostKey, parseHostHeader } from './host-header.js';
import { parseIPv6 } from './ip-address.js';

/** Parses a host; `undefined` where the text is none. */
export function parseConfiguredHost(text: string): Host | undefined {
  // `::1` is a pattern though it is no header value: operators write it so.
  const host = parseHostHeader(parseIPv6(text) ? `[${text}]` : toAscii(text));
  return host.ok ? host : undefined;
}

/**
 * A name with letters beyond ASCII as a header carries it: in punycode, the port unchanged. Text that is not such a
 * name is returned as it is, so that it does not parse as a host.
 */
export function toAscii(text: string): string {
  if (isAscii(text)) return text;
  const colon = text.lastIndexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  // domainToASCII() parses a URL: it ends a name at "#", decodes "%2e" and turns full-width digits into an address.
  if (NOT_IN_NAME.test(name)) return text;
  const ascii = domainToASCII(name);
  return isSameName(name, ascii) ? ascii + text.slice(name.length) : text;
}

/** In header form. */
export function withPort(host: Host): string {
  return host.port === undefined
    ? hostKey(host)
    : `${hostKey(host)}:${host.port}`;
}

/** Whether punycode has the same labels as a name: none dropped, joined, or replaced by letters that look alike. */
function isSameName(name: string, ascii: string): boolean {
  const labels = ascii.split('.');
  const written = name.split('.');
  return (
    labels.length === written.length &&
    written.every((label, i) => {
      const lower = Array.from(label, (char) => char.toLowerCase()).join('');
      const found = labels[i] ?? '';
      return isAscii(label)
        ? found === lower
        : isPunycode(found) && domainToUnicode(found) === lower.normalize();
    })
  );
}

function isPunycode(label: string): boolean {
  return label.startsWith('xn--');
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}

/** ASCII that no name has, quotation marks and brackets. */
const NOT_IN_NAME = /(?![\w.-])\p{ASCII}|[\p{Pi}\p{Pf}\p{Ps}\p{Pe}]/u;
