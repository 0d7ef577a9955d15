import { type AnyRequest, rawRequest } from '../frameworks/any-request.js';
import { parseHostHeader } from '../hosts/host-header.js';
import { detachString } from '../hosts/detach-string.js';

/** A host that requests named, and what became of them. */
export interface SeenHost {
  /** As the list would have it where it is well formed, else as it was sent, cut to 256 characters. */
  readonly host: string;
  readonly verdict: 'allowed' | 'refused';
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
}

/**
 * The hosts that report mode has met: a set number of them, the busiest kept. Each request counts once: by the host
 * that it would be refused for, else by its `Host`.
 */
export class SeenHosts {
  readonly #hosts = new Map<string, SeenHost>();
  /** Under which host a request is counted: the gate and the guard meet it more than once. */
  readonly #counted = new WeakMap<object, string>();

  get all(): readonly SeenHost[] {
    return [...this.#hosts.values()].toSorted((a, b) => b.count - a.count);
  }

  allow(request: AnyRequest): void {
    const raw = rawRequest(request);
    if (this.#counted.has(raw)) return;
    const named = raw.headers['host'] ?? raw.headers[':authority'];
    this.#count(raw, named, 'allowed');
  }

  refuse(request: AnyRequest, value: string | undefined): void {
    const raw = rawRequest(request);
    const counted = this.#counted.get(raw);
    if (counted !== undefined) this.#takeBack(counted);
    this.#count(raw, value, 'refused');
  }

  #count(
    raw: object,
    named: string | string[] | undefined,
    verdict: SeenHost['verdict'],
  ): void {
    const value = String(named ?? '');
    const parsed = parseHostHeader(value);
    const host = detachString(
      parsed.ok ? parsed.hostname : value.slice(0, 256),
    );
    const key = `${verdict} ${host}`;
    const now = new Date();
    const { count, first } = this.#hosts.get(key) ?? { count: 0, first: now };
    if (count === 0 && this.#hosts.size >= MAX_HOSTS) this.#makeRoom();
    this.#hosts.set(key, { host, verdict, count: count + 1, first, last: now });
    this.#counted.set(raw, key);
  }

  #takeBack(key: string): void {
    const seen = this.#hosts.get(key);
    if (seen === undefined) return;
    if (seen.count === 1) this.#hosts.delete(key);
    else this.#hosts.set(key, { ...seen, count: seen.count - 1 });
  }

  /** Drops the host that was seen least, the oldest of several: a flood of random names pushes out its own. */
  #makeRoom(): void {
    let least: [string, SeenHost] | undefined;
    for (const entry of this.#hosts) {
      if (least === undefined || entry[1].count < least[1].count) least = entry;
      if (least[1].count === 1) break;
    }
    if (least) this.#hosts.delete(least[0]);
  }
}

const MAX_HOSTS = 1000;
