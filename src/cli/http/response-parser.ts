/** The head of a response, and how its body ends. */
interface Head {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
}

/**
 * Parses one HTTP/1 response as its bytes arrive, with bounded memory. It is
 * lenient, because every server must be shown as it is.
 */
export class ResponseParser {
  readonly #hasBody: boolean;
  /** What is not parsed yet. */
  #rest = '';
  /** What is left of a body or of a chunk; `undefined` at the line of a size. */
  #left: number | undefined = Number.POSITIVE_INFINITY;
  #chunked = false;
  head: Head | undefined;
  body = '';
  /** Whether nothing more is needed. */
  done = false;
  /** Whether the bytes are not HTTP. */
  foreign = false;

  constructor(method: string) {
    this.#hasBody = method !== 'HEAD';
  }

  /** @param text bytes as latin1 */
  add(text: string): void {
    if (this.done) return;
    this.#rest += text;
    if (this.head === undefined) this.#readHead();
    if (this.head !== undefined && !this.done) this.#readBody();
  }

  /** The first bytes, if they are not HTTP. */
  get received(): string {
    return this.#rest;
  }

  #readHead(): void {
    const isHttp = this.#rest.startsWith('HTTP/'.slice(0, this.#rest.length));
    const end = this.#rest.search(/\r?\n\r?\n/);
    if (!isHttp || (end < 0 && this.#rest.length > MAX_HEAD))
      return this.#reject();
    if (end < 0) return;
    const head = headOf(this.#rest.slice(0, end));
    if (head === undefined) return this.#reject();
    this.#rest = this.#rest.slice(end).replace(/^\r?\n\r?\n/, '');
    // Another response follows 100 and its like; after 101 there is no HTTP.
    if (head.status < 200 && head.status !== 101) return this.#readHead();
    this.head = head;
    this.#chooseFraming(head);
  }

  #chooseFraming({ status, headers }: Head): void {
    const value = (name: string) =>
      headers.find(([other]) => other === name)?.[1];
    const length = value('content-length');
    const bodiless = status < 200 || status === 204 || status === 304;
    if (bodiless || !this.#hasBody || length === '0') this.done = true;
    else if (/chunked/i.test(value('transfer-encoding') ?? '')) {
      this.#chunked = true;
      this.#left = undefined;
    } else if (/^\d+$/.test(length ?? '')) this.#left = Number(length);
  }

  #readBody(): void {
    while (!this.done && this.#rest !== '') {
      if (this.#left === undefined && !this.#readSize()) return;
      const left = this.#left ?? 0;
      const part = this.#rest.slice(0, left);
      this.body += part;
      this.#rest = this.#rest.slice(part.length);
      this.#left = left - part.length;
      if (this.#left === 0) {
        if (this.#chunked) this.#left = undefined;
        else this.done = true;
      }
      if (this.body.length >= MAX_BODY) this.done = true;
    }
  }

  /** Reads the line before a chunk. */
  #readSize(): boolean {
    const line = /^(?:\r?\n)?([\da-f]+)[^\n]*\n/i.exec(this.#rest);
    if (line === null) {
      if (this.#rest.length > MAX_LINE) this.done = true;
      return false;
    }
    this.#rest = this.#rest.slice(line[0].length);
    this.#left = parseInt(line[1] ?? '', 16);
    if (this.#left === 0) this.done = true;
    return !this.done;
  }

  #reject(): void {
    this.foreign = true;
    this.done = true;
  }
}

function headOf(text: string): Head | undefined {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const match = /^HTTP\/(\d(?:\.\d)?) (\d{3})(?: (.*))?$/.exec(first);
  if (match === null) return undefined;
  const [, version = '', status, reason = ''] = match;
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    const at = colon < 0 ? line.length : colon;
    return [
      line.slice(0, at).toLowerCase(),
      line.slice(at + 1).trim(),
    ] as const;
  });
  return { version, status: Number(status), reason, headers };
}

const MAX_HEAD = 65_536;
const MAX_BODY = 65_536;
const MAX_LINE = 1024;
