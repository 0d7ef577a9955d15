import type { HostRequest } from '../hosts/claimed-hosts.js';

/**
 * A view of a request without raw headers, in the shape of Node's: header names in lower case, values as text. It reads
 * the source each time, since a mock may change. There is one view for a source, so that a request is logged once.
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

/** `Headers` has no properties: its get() is called for each header that matters. */
function entriesOf(headers: object): [string, unknown][] {
  const { get } = headers as { readonly get?: unknown };
  return typeof get === 'function'
    ? HOST_HEADERS.map((name) => [name, get.call(headers, name) as unknown])
    : Object.entries(headers);
}

/** Replaces a value that is not text by one that is not a host. */
const text = (value: unknown) => textOrNone(value) ?? '(not text)';

const textOrNone = (value: unknown) =>
  typeof value === 'string' ? value : undefined;

const HOST_HEADERS = ['host', 'x-forwarded-host', 'forwarded'];
