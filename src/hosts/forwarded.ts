/**
 * The hosts in a `Forwarded` header, in order; `undefined` where its quotes do not enclose whole values, since
 * readers split such a header differently. Parameters other than `host` may hold anything: AWS sends
 * `for=2001:db8::1` unquoted. Each character is read once.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-4 RFC 7239 §4}
 */
export function forwardedHosts(header: string): readonly string[] | undefined {
  const hosts: string[] = [];
  let start = 0;
  while (start < header.length) {
    const parameter = parameterAt(header, start);
    if (!parameter) return undefined;
    const { name, value, end } = parameter;
    if (name.trim().toLowerCase() === 'host') hosts.push(value);
    start = end + 1;
  }
  return hosts;
}

interface Parameter {
  readonly name: string;
  readonly value: string;
  /** Where the `;` or `,` after it is, or the end of the header. */
  readonly end: number;
}

function parameterAt(header: string, start: number): Parameter | undefined {
  const nameEnd = find(header, start, '=;,"');
  if (header[nameEnd] === '"') return undefined;
  const name = header.slice(start, nameEnd);
  if (header[nameEnd] !== '=') return { name, value: '', end: nameEnd };
  const from = nameEnd + 1;
  if (header[from] === '"') return quotedParameter(header, name, from + 1);
  const end = find(header, from, ';,"');
  if (header[end] === '"') return undefined;
  return {
    name,
    value: header.slice(from, blanksFrom(header, from, end)),
    end,
  };
}

function quotedParameter(
  header: string,
  name: string,
  from: number,
): Parameter | undefined {
  let close = from;
  while (close < header.length && header[close] !== '"')
    close += header[close] === '\\' ? 2 : 1;
  if (close >= header.length) return undefined;
  let end = close + 1;
  while (isBlank(header[end])) end++;
  if (end < header.length && header[end] !== ';' && header[end] !== ',')
    return undefined;
  const value = header.slice(from, close).replaceAll(/\\(.)/gs, '$1');
  return { name, value, end };
}

/** Where the first of some characters is, or the end of the text. */
function find(text: string, start: number, characters: string): number {
  let at = start;
  while (at < text.length && !characters.includes(text.charAt(at))) at++;
  return at;
}

/**
 * The entries of an `X-Forwarded-Host` header, empty ones too; Node has joined several lines with commas. An empty
 * header has none: frameworks then report `Host`.
 */
export function xForwardedHosts(header: string): readonly string[] {
  const entries = header.split(',').map(withoutBlanks);
  return entries.length === 1 && entries[0] === '' ? [] : entries;
}

/** Blanks and tabs alone are padding (RFC 9110 §5.6.3): a framework hands on what else `trim()` would take off. */
function withoutBlanks(text: string): string {
  let start = 0;
  while (isBlank(text[start])) start++;
  return text.slice(start, blanksFrom(text, start, text.length));
}

/** Where the blanks begin that end a part of a text. */
function blanksFrom(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(text[at - 1])) at--;
  return at;
}

const isBlank = (character: string | undefined) =>
  character === ' ' || character === '\t';
