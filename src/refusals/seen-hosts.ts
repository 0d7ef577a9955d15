import { type AnyRequest, rawRequest } from '../allowed-hosts.policy.js';
import { parseHostHeader } from '../hosts/host-header.js';

/** A host that requests named, and what became of them. */
export interface SeenHost {
  /** As the list would have it where it is well formed, else as it was sent, cut to 256 characters. */
  readonly host: string;
  readonly verdict: 'allowed' | 'refused';
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
}

/** The hosts that report mode has met: a set number of them, the busiest kept. */
export class SeenHosts {
  readonly #hosts = new Map<string, SeenHost>();
  /** The gate is asked at the server and again at the front of the framework. */
  readonly #counted = new WeakSet<object>();

  get all(): readonly SeenHost[] {
    return [...this.#hosts.values()].toSorted((a, b) => b.count - a.count);
  }

  add(
    request: AnyRequest,
    value: string | undefined,
    verdict: SeenHost['verdict'],
  ): void {
    const raw = rawRequest(request);
    if (this.#counted.has(raw)) return;
    this.#counted.add(raw);
    const named = value ?? raw.headers['host'] ?? raw.headers[':authority'];
    const parsed = parseHostHeader(String(named ?? ''));
    const host = parsed.ok
      ? parsed.hostname
      : String(named ?? '').slice(0, 256);
    const key = `${verdict} ${host}`;
    const now = new Date();
    const { count, first } = this.#hosts.get(key) ?? { count: 0, first: now };
    if (count === 0 && this.#hosts.size >= MAX_HOSTS) this.#makeRoom();
    this.#hosts.set(key, { host, verdict, count: count + 1, first, last: now });
  }

  /** Drops the least seen of the oldest few: a flood of random names pushes out its own. */
  #makeRoom(): void {
    let least: [string, SeenHost] | undefined;
    let looked = 0;
    for (const entry of this.#hosts) {
      if (least === undefined || entry[1].count < least[1].count) least = entry;
      if (least[1].count === 1 || ++looked >= 32) break;
    }
    if (least) this.#hosts.delete(least[0]);
  }
}

const MAX_HOSTS = 1000;
