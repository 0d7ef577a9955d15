/**
 * Why a RegExp cannot match a canonical host, which has no port and no dot in
 * front. The text completes a sentence. The result is `undefined` if the RegExp
 * can match a host, or if that is hard to determine.
 */
export function whyNoHostMatches(source: string): string | undefined {
  const needs = needsOf(new Tokens(source));
  if (needs.dotFirst)
    return 'a host does not begin with a dot and a RegExp must match the whole host: remove the dot, or write a pattern such as ".example.com"';
  if (needs.slash)
    return 'it needs a "/" and a host has neither scheme nor path: match the host name alone';
  if (needs.port)
    return 'it needs a port and a RegExp is matched against the host name without its port: remove the port from it';
  return undefined;
}

/** What each text contains that a part of the expression matches. */
interface Needs {
  readonly dotFirst: boolean;
  /** A character that is not in any IPv6 address, such as "x". */
  readonly name: boolean;
  readonly colon: boolean;
  /** A colon after such a character: it cannot be part of an IPv6 address. */
  readonly port: boolean;
  readonly slash: boolean;
}

class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#tokens = source.match(TOKEN) ?? [];
  }

  get next(): string | undefined {
    return this.#tokens[this.#at];
  }

  shift(): string | undefined {
    return this.#tokens[this.#at++];
  }
}

/** What all alternatives need, up to a closing bracket or the end. */
function needsOf(tokens: Tokens): Needs {
  let needs = alternativeOf(tokens);
  while (tokens.next === '|') {
    tokens.shift();
    const other = alternativeOf(tokens);
    needs = {
      dotFirst: needs.dotFirst && other.dotFirst,
      name: needs.name && other.name,
      colon: needs.colon && other.colon,
      port: needs.port && other.port,
      slash: needs.slash && other.slash,
    };
  }
  tokens.shift();
  return needs;
}

function alternativeOf(tokens: Tokens): Needs {
  let needs: Needs = NOTHING;
  let isFirst = true;
  while (tokens.next !== undefined && !'|)'.includes(tokens.next)) {
    const token = tokens.shift() ?? '';
    if (token === '^' || token === '\\b') continue;
    const isGroup = token.startsWith('(');
    const own = isGroup ? needsOf(tokens) : needsOfToken(token);
    const isSkipped = /^\(\?<?[=!]/.test(token);
    const isOptional = /^(?:[?*]|\{0)/.test(tokens.next ?? '');
    if (isSkipped) continue;
    if (!isOptional) {
      needs = {
        dotFirst: needs.dotFirst || (isFirst && own.dotFirst),
        name: needs.name || own.name,
        colon: needs.colon || own.colon,
        port: needs.port || own.port || (needs.name && own.colon),
        slash: needs.slash || own.slash,
      };
    }
    isFirst = false;
  }
  return needs;
}

function needsOfToken(token: string): Needs {
  const character = /^(?:\\(\W)|\[(?:\\(\W)|([^\\^]))\]|([^.\\[]))/.exec(token);
  const [, ...found] = character ?? [];
  const literal = found.find((char) => char !== undefined) ?? '';
  return {
    dotFirst: literal === '.',
    name: /[g-z_.-]/i.test(literal),
    colon: literal === ':',
    port: false,
    slash: literal === '/',
  };
}

// Stryker disable next-line ObjectLiteral: what is undefined is not needed either
const NOTHING: Needs = {
  dotFirst: false,
  name: false,
  colon: false,
  port: false,
  slash: false,
};

/**
 * An escape, a class and the beginning of a group or of a repetition are one token each. Digits that follow are separate
 * tokens, which need nothing.
 */
const TOKEN =
  /\\(?:p\{[^}]*\}|k<[^>]*>|[^])|\[(?:\\[^]|[^\]\\])*\]|\(\?(?:<?[=!]|<[^>]*>|[a-z-]*:)|\{0|[^]/gi;
