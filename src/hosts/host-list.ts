import {
  type Host,
  hostKey,
  MAX_HEADER,
  parseHostHeader,
} from './host-header.js';
import {
  type HostPattern,
  HostPatternError,
  type HostPredicate,
  type HostRule,
  parsePattern,
} from './host-pattern.js';
import { NetworkSet } from './network-set.js';

export interface HostListOptions {
  /** What errors call the list; `hosts` by default. */
  readonly name?: string;
  /** Told when a predicate throws or rejects, which refuses the host. */
  readonly onPredicateError?: (error: unknown) => void;
}

/**
 * Patterns, compiled: a verdict costs the same for ten names as for a million.
 *
 * @example
 * const list = HostList.from(['example.com', '.example.org', '10.0.0.0/16']);
 * list.allows('api.example.org:8443'); // true
 * list.allows('example.com.evil.test'); // false
 */
export class HostList {
  /** The patterns as they were given, as text. */
  readonly patterns: readonly string[];
  /** What an operator should know about the list, a sentence each. */
  readonly warnings: readonly string[];

  /** Whole hosts in header form: `example.com`, `[fd00::1]`, `pin.example.com:8443`. */
  readonly #exact = new Set<string>();
  /** Names whose subdomains are allowed: `example.com`, `example.com:8443`. */
  readonly #below = new Set<string>();
  /** Which lengths the names in `#below` have, so that few slices of a host are looked up. */
  readonly #belowLengths = new Uint8Array(MAX_HEADER);
  readonly #networks = new NetworkSet();
  readonly #regexps: RegExp[] = [];
  readonly #predicates: HostPredicate[] = [];
  readonly #onPredicateError: (error: unknown) => void;
  #any = false;

  /**
   * Compiles patterns. A string is split at commas and white space, as from an environment variable.
   *
   * @throws {HostPatternError} on a malformed pattern or an empty list; the message says what to write instead
   */
  static from(
    patterns: string | readonly HostPattern[],
    options: HostListOptions = {},
  ): HostList {
    const name = options.name ?? 'hosts';
    const list =
      typeof patterns === 'string'
        ? patterns.split(/[\s,]+/).filter(Boolean)
        : patterns;
    if (!Array.isArray(list)) {
      throw new HostPatternError(
        `${name} is not a list: write a string such as "example.com, .example.org" or an array of patterns.`,
      );
    }
    if (list.length === 0) {
      throw new HostPatternError(
        `${name} is empty, so that no request could be answered: write at least one pattern, such as "example.com".`,
      );
    }
    return new HostList(list, name, options.onPredicateError);
  }

  private constructor(
    patterns: readonly HostPattern[],
    name: string,
    onPredicateError: ((error: unknown) => void) | undefined,
  ) {
    this.#onPredicateError = onPredicateError ?? (() => undefined);
    const warnings: string[] = [];
    for (const [i, pattern] of patterns.entries()) {
      const where = `${name}[${i}]`;
      const rule = parsePattern(pattern, where);
      this.#add(rule);
      const warning = warningFor(rule, where, pattern);
      if (warning !== undefined) warnings.push(warning);
    }
    this.warnings = warnings;
    this.patterns = patterns.map((pattern) =>
      typeof pattern === 'function'
        ? `function ${pattern.name || '(anonymous)'}`
        : String(pattern),
    );
  }

  /**
   * Whether a header value names an allowed host. `null` and `undefined` stand for an absent header.
   * Never throws. A predicate that answers with a promise counts as a refusal here; the gate and the guard await it.
   */
  allows(value: string | null | undefined): boolean {
    if (this.allowsAsListed(value)) return true;
    const host = parseHostHeader(value);
    return host.ok && this.matches(host) === true;
  }

  /**
   * Whether the value is, to the letter, a listed host: one look-up and no parsing, which serves nearly every
   * request. Sound because each entry is well formed and canonical. `false` says nothing yet.
   */
  allowsAsListed(value: string | null | undefined): boolean {
    // Looking up a string hashes all of it: an over-long one is not worth that.
    return (
      typeof value === 'string' &&
      value.length <= MAX_HEADER &&
      this.#exact.has(value)
    );
  }

  /** Whether a well-formed host is allowed; a promise only where a predicate gives one. */
  matches(host: Host, request?: unknown): boolean | Promise<boolean> {
    if (this.#any || this.#listed(host) || this.#inNetwork(host)) return true;
    if (this.#regexps.some((regexp) => regexp.test(host.hostname))) return true;
    return this.#predicates.length > 0 && this.#ask(host, request);
  }

  #listed(host: Host): boolean {
    const key = hostKey(host);
    const port = host.port === undefined ? '' : `:${host.port}`;
    if (this.#exact.has(key) || (port !== '' && this.#exact.has(key + port)))
      return true;
    if (this.#below.size === 0 || host.kind !== 'name') return false;
    for (
      let dot = key.indexOf('.');
      dot >= 0;
      dot = key.indexOf('.', dot + 1)
    ) {
      if (this.#belowLengths[key.length - dot - 1] === 0) continue;
      const parent = key.slice(dot + 1);
      if (
        this.#below.has(parent) ||
        (port !== '' && this.#below.has(parent + port))
      )
        return true;
    }
    return false;
  }

  #inNetwork(host: Host): boolean {
    if (host.kind === 'name') return false;
    return host.kind === 'ipv4'
      ? this.#networks.hasIPv4(host.hostname)
      : this.#networks.hasIPv6(host.hostname);
  }

  #ask(host: Host, request: unknown): boolean | Promise<boolean> {
    const pending: Promise<boolean>[] = [];
    for (const predicate of this.#predicates) {
      try {
        const answer: unknown = predicate(host, request);
        if (answer === true) {
          for (const other of pending) other.catch(() => undefined);
          return true;
        }
        if (answer instanceof Promise)
          pending.push(
            answer.then((value: unknown) => value === true, this.#refuse),
          );
      } catch (error) {
        this.#refuse(error);
      }
    }
    if (pending.length === 0) return false;
    return Promise.all(pending).then((answers) => answers.includes(true));
  }

  readonly #refuse = (error: unknown): false => {
    this.#onPredicateError(error);
    return false;
  };

  #add(rule: HostRule): void {
    switch (rule.kind) {
      case 'exact':
        this.#exact.add(rule.key);
        break;
      case 'below':
        if (rule.apex) this.#exact.add(rule.suffix + rule.port);
        this.#below.add(rule.suffix + rule.port);
        this.#belowLengths[rule.suffix.length] = 1;
        break;
      case 'network':
        this.#networks.add(rule.network);
        break;
      case 'any':
        this.#any = true;
        break;
      case 'regexp':
        this.#regexps.push(rule.regexp);
        break;
      case 'predicate':
        this.#predicates.push(rule.predicate);
        break;
    }
  }
}

function warningFor(
  rule: HostRule,
  where: string,
  pattern: HostPattern,
): string | undefined {
  if (rule.kind === 'any') {
    return `${where} "*" allows every well-formed host: Host is not validated. Name your hosts instead.`;
  }
  const key =
    rule.kind === 'exact' ? rule.key : rule.kind === 'below' ? rule.port : '';
  const port = /:(80|443)$/.exec(key)?.[1];
  return port === undefined
    ? undefined
    : `${where} ${JSON.stringify(pattern)} pins port ${port}, which no browser puts into Host: write it without the port.`;
}
