/**
 * Why a RegExp can match no canonical host, which has no port and no dot in front: the second half of a sentence, or
 * `undefined` where it can, or where that is hard to tell.
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

/** What every text has that the expression matches. */
interface Needs {
  readonly dotFirst: boolean;
  /** What no IPv6 address has: a letter beyond f, for instance. */
  readonly name: boolean;
  readonly colon: boolean;
  /** A colon behind what no IPv6 address has, so that it is none of an address. */
  readonly port: boolean;
  readonly slash: boolean;
}

const NOTHING: Needs = {
  dotFirst: false,
  name: false,
  colon: false,
  port: false,
  slash: false,
};

/** Escapes, classes, groups and repetitions count as one token. */
const TOKEN =
  /\\(?:u\{[^}]*\}|u[\da-f]{4}|x[\da-f]{2}|p\{[^}]*\}|k<[^>]*>|c[a-z]|\d+|[^])|\[(?:\\[^]|[^\]\\])*\]|\((?:\?(?:<?[=!]|<[^>]*>|[a-z-]*:))?|\{\d+(?:,\d*)?\}|[^]/gi;

class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#tokens = source.match(TOKEN) ?? [];
  }

  get next(): string | undefined {
    return this.#tokens[this.#at];
  }

  take(): string | undefined {
    return this.#tokens[this.#at++];
  }
}

/** The needs of alternatives, up to a closing bracket or the end: what all of them need. */
function needsOf(tokens: Tokens): Needs {
  let needs = alternativeOf(tokens);
  while (tokens.next === '|') {
    tokens.take();
    const other = alternativeOf(tokens);
    needs = {
      dotFirst: needs.dotFirst && other.dotFirst,
      name: needs.name && other.name,
      colon: needs.colon && other.colon,
      port: needs.port && other.port,
      slash: needs.slash && other.slash,
    };
  }
  tokens.take();
  return needs;
}

function alternativeOf(tokens: Tokens): Needs {
  let needs: Needs = NOTHING;
  let isFirst = true;
  while (tokens.next !== undefined && !/^[|)]$/.test(tokens.next)) {
    const token = tokens.take() ?? '';
    if (/^(?:\^|\$|\\b)$/i.test(token)) continue;
    const isGroup = token.startsWith('(');
    const own = isGroup ? needsOf(tokens) : needsOfToken(token);
    const isSkipped = /^\(\?<?[=!]/.test(token);
    const isOptional = /^(?:[?*]|\{0)/.test(tokens.next ?? '');
    while (/^[?*+{]/.test(tokens.next ?? '')) tokens.take();
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
  const character = /^(?:\\(\W)|\[(?:\\(\W)|([^\\^]))\]|([^.\\[]))$/.exec(
    token,
  );
  const [, ...found] = character ?? [];
  const literal = found.find((char) => char !== undefined) ?? '';
  return {
    dotFirst: literal === '.',
    name: /^[g-z_.-]$/i.test(literal),
    colon: literal === ':',
    port: false,
    slash: literal === '/',
  };
}
