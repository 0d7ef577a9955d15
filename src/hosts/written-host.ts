/** Hosts as an operator writes them: in other letters, IPv6 without brackets, and with mistakes. */
import { domainToASCII } from 'node:url';
import { type Host, hostKey, parseHostHeader } from './host-header.js';
import { parseIPv6 } from './ip-address.js';

/** Reads a host; calls `wrong` with why it is none, and what to write instead. */
export function parseWrittenHost(
  text: string,
  wrong: (why: string) => never,
): Host {
  // `::1` is a pattern though it is no header value: an operator writes it so.
  const bare = parseIPv6(text) ? `[${text}]` : text;
  const host = parseHostHeader(toAscii(bare));
  if (host.ok) return host;
  if (/^\[\d+\.\d+\.\d+\.\d+\]/.test(text)) {
    return wrong(
      `has an IPv4 address in brackets: write "${text.replace(/[[\]]/g, '')}".`,
    );
  }
  return wrong(`is no host (${host.detail}): ${suggest(text)}`);
}

/** A name with other letters as the header carries it: punycode. Its port stays as it is. */
export function toAscii(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the range is ASCII itself
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  const colon = text.lastIndexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  return domainToASCII(name) + text.slice(name.length);
}

/** What to write instead, where the text holds a host at all. */
export function suggest(text: string): string {
  const candidate = toAscii(
    text
      .replace(/^[^@]*@/, '')
      .replace(/[/?#].*$/, '')
      .replace(/:(?!\d{1,5}$).*$/, '')
      .trim(),
  );
  const host = parseHostHeader(candidate);
  return host.ok
    ? `write "${withPort(host)}".`
    : 'write a host such as "example.com", "10.0.3.17" or "[fd00::1]".';
}

/** In header form. */
export function withPort(host: Host): string {
  return host.port === undefined
    ? hostKey(host)
    : `${hostKey(host)}:${host.port}`;
}
