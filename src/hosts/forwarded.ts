/**
 * The hosts in a `Forwarded` header, in order. The result is `undefined` if a
 * quoted string is not a whole value, since parsers split such a header
 * differently. Parameters other than `host` are not checked: AWS sends
 * `for=2001:db8::1` without quotes. The time is linear in the length of the
 * header.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-4 RFC 7239 §4}
 */
export function forwardedHosts(header: string): readonly string[] | undefined {
  const hosts: string[] = [];
  let start = 0;
  for (;;) {
    const parameter = parameterAt(header, start);
    if (!parameter) return undefined;
    const { name, value, end } = parameter;
    if (name.trim().toLowerCase() === 'host') hosts.push(value);
    if (end === header.length) return hosts;
    start = end + 1;
  }
}

interface Parameter {
  readonly name: string;
  readonly value: string;
  /** The position of the `;` or `,` after it, or the end of the header. */
  readonly end: number;
}

function parameterAt(header: string, start: number): Parameter | undefined {
  const nameEnd = indexOfAny(header, start, '=;,"');
  if (header[nameEnd] === '"') return undefined;
  const name = header.slice(start, nameEnd);
  if (header[nameEnd] !== '=') return { name, value: '', end: nameEnd };
  const from = nameEnd + 1;
  if (header[from] === '"') return quotedParameter(header, name, from + 1);
  const end = indexOfAny(header, from, ';,"');
  if (header[end] === '"') return undefined;
  return {
    name,
    value: header.slice(from, trailingBlanks(header, end)),
    end,
  };
}

function quotedParameter(
  header: string,
  name: string,
  from: number,
): Parameter | undefined {
  let close = from;
  while (!isOneOf('"', header, close)) close += header[close] === '\\' ? 2 : 1;
  if (close >= header.length) return undefined;
  let end = close + 1;
  while (isBlank(header[end])) end++;
  if (end < header.length && header[end] !== ';' && header[end] !== ',')
    return undefined;
  const value = header.slice(from, close).replaceAll(/\\(.)/gs, '$1');
  return { name, value, end };
}

/** The position of the first of some characters, or the end of the text. */
function indexOfAny(text: string, start: number, characters: string): number {
  let at = start;
  while (!isOneOf(characters, text, at)) at++;
  return at;
}

/** Also true at the end of the text, where the character is ''. */
function isOneOf(characters: string, text: string, at: number): boolean {
  return characters.includes(text.charAt(at));
}

/**
 * The entries of an `X-Forwarded-Host` header, including empty ones. Node joins
 * several lines with commas. An empty header has no entries: frameworks then
 * report `Host`.
 */
export function xForwardedHosts(header: string): readonly string[] {
  return trimBlanks(header) === '' ? [] : header.split(',').map(trimBlanks);
}

/**
 * Removes spaces and tabs (RFC 9110 §5.6.3). `trim()` would remove more, which
 * a framework keeps.
 */
function trimBlanks(text: string): string {
  let start = 0;
  while (isBlank(text[start])) start++;
  return text.slice(start, trailingBlanks(text, text.length));
}

/** The position where the blanks before `end` begin. */
function trailingBlanks(text: string, end: number): number {
  let at = end;
  while (isBlank(text[at - 1])) at--;
  return at;
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
