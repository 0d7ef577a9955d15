import type { HostRequest } from '../hosts/claimed-hosts.js';

/**
 * A request without raw headers, read as one of Node's: header names in lower case, values as text. Each reading is
 * a new one, since a mock may change; the view itself is kept, so that a request is logged once.
 */
export class PlainRequest implements HostRequest {
  static readonly #views = new WeakMap<object, PlainRequest>();
  readonly #source: Source;

  private constructor(source: object) {
    this.#source = source as Source;
  }

  static of(source: object): PlainRequest {
    const view = this.#views.get(source) ?? new PlainRequest(source);
    this.#views.set(source, view);
    return view;
  }

  get headers(): HostRequest['headers'] {
    return plainHeaders(this.#source.headers);
  }

  get url(): string | undefined {
    return textOrNone(this.#source.url);
  }

  get method(): string | undefined {
    return textOrNone(this.#source.method);
  }
}

type Source = Readonly<Record<'headers' | 'url' | 'method', unknown>>;

function plainHeaders(headers: unknown): HostRequest['headers'] {
  const plain = Object.create(null) as Record<string, string | string[]>;
  if (typeof headers !== 'object' || headers === null) return plain;
  for (const [name, value] of entriesOf(headers)) {
    if (value === undefined || value === null) continue;
    const key = name.toLowerCase();
    const values = Array.isArray(value) ? value.map(text) : text(value);
    const others = plain[key];
    plain[key] = others === undefined ? values : [others, values].flat();
  }
  return plain;
}

/** A `Headers` object gives no header but those that it is asked for. */
function entriesOf(headers: object): [string, unknown][] {
  const { get } = headers as { readonly get?: unknown };
  return typeof get === 'function'
    ? HOST_HEADERS.map((name) => [name, get.call(headers, name) as unknown])
    : Object.entries(headers);
}

const HOST_HEADERS = ['host', 'x-forwarded-host', 'forwarded'];

/** What is not text becomes what no host is. */
const text = (value: unknown) => textOrNone(value) ?? '(not text)';

const textOrNone = (value: unknown) =>
  typeof value === 'string' ? value : undefined;
