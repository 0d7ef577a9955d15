import { rawRequest, type AnyRequest } from '../frameworks/any-request.js';
import { detachString } from '../hosts/detach-string.js';
import { parseHostHeader } from '../hosts/host-header.js';

/** A host that requests named, and whether they were allowed. */
export interface SeenHost {
  /**
   * In canonical form if it is well formed; otherwise as the client sent it,
   * cut to 256 characters.
   */
  readonly host: string;
  readonly verdict: 'allowed' | 'refused';
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
}

/**
 * Counts the hosts of requests in report mode. Each request counts once: for
 * the host that it would be refused for, or else for its `Host`. The number of
 * hosts is limited; the host with the fewest requests is evicted.
 */
export class SeenHosts {
  readonly #hosts = new Map<string, SeenHost>();
  /**
   * The key that a request is counted under: gate and guard count the same
   * request.
   */
  readonly #counted = new WeakMap<object, string>();

  get all(): readonly SeenHost[] {
    return [...this.#hosts.values()].toSorted((a, b) => b.count - a.count);
  }

  countAllowed(request: AnyRequest): void {
    const raw = rawRequest(request);
    if (this.#counted.has(raw)) return;
    const value = raw.headers['host'] ?? raw.headers[':authority'];
    this.#count(raw, value, 'allowed');
  }

  countRefused(request: AnyRequest, value: string | undefined): void {
    const raw = rawRequest(request);
    const counted = this.#counted.get(raw);
    if (counted !== undefined) this.#undo(counted);
    this.#count(raw, value, 'refused');
  }

  #count(
    raw: object,
    value: string | string[] | undefined,
    verdict: SeenHost['verdict'],
  ): void {
    const text = String(value ?? '');
    const parsed = parseHostHeader(text);
    const host = detachString(
      parsed.ok ? parsed.hostname : text.slice(0, MAX_LENGTH),
    );
    const key = `${verdict} ${host}`;
    const now = new Date();
    const { count, first } = this.#hosts.get(key) ?? { count: 0, first: now };
    if (count === 0 && this.#hosts.size >= MAX_HOSTS) this.#evict();
    this.#hosts.set(key, { host, verdict, count: count + 1, first, last: now });
    this.#counted.set(raw, key);
  }

  #undo(key: string): void {
    const seen = this.#hosts.get(key);
    if (seen === undefined) return;
    if (seen.count === 1) this.#hosts.delete(key);
    else this.#hosts.set(key, { ...seen, count: seen.count - 1 });
  }

  /**
   * Evicts the host with the fewest requests, the oldest of several: random
   * names evict only each other.
   */
  #evict(): void {
    let least: [string, SeenHost] | undefined;
    for (const entry of this.#hosts) {
      if (least === undefined || entry[1].count < least[1].count) least = entry;
      if (least[1].count === 1) break;
    }
    if (least) this.#hosts.delete(least[0]);
  }
}

const MAX_HOSTS = 1000;
const MAX_LENGTH = 256;
