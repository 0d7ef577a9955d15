import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type ChainableCommander, Redis } from 'ioredis';
import { Subject } from 'rxjs';
import { Domains } from './domains.js';

const SET = 'tenants:domains';
const CHANNEL = 'tenants:domains:changed';

/** A set that all processes ask, and a channel on which each tells the others what it has changed. */
export class RedisDomains extends Domains implements OnApplicationShutdown {
  readonly changes$ = new Subject<string | undefined>();
  readonly #logger = new Logger('Domains');
  #inTouch = false;
  #reason: unknown;

  /** @throws {Error} where Redis does not answer */
  static async open(url: string): Promise<RedisDomains> {
    const store = new Redis(url, OPTIONS);
    // Redis wants a connection for listening alone.
    const ear = new Redis(url, { ...OPTIONS, autoResubscribe: false });
    const domains = new RedisDomains(store, ear);
    try {
      await Promise.all([store.connect(), ear.connect()]);
      await ear.subscribe(CHANNEL);
      domains.#inTouch = true;
      for (const connection of [store, ear])
        connection.on('ready', () => void domains.#catchUp());
      return domains;
    } catch (error) {
      domains.onApplicationShutdown();
      throw domains.#reason ?? error;
    }
  }

  private constructor(
    private readonly store: Redis,
    private readonly ear: Redis,
  ) {
    super();
    ear.on('message', (_channel, hostname) => this.changes$.next(hostname));
    for (const connection of [store, ear])
      connection.on('error', (error) => this.#lost(error));
  }

  async has(hostname: string): Promise<boolean> {
    return (await this.store.sismember(SET, hostname)) === 1;
  }

  add(hostname: string): Promise<void> {
    return this.#change(hostname, this.store.multi().sadd(SET, hostname));
  }

  remove(hostname: string): Promise<void> {
    return this.#change(hostname, this.store.multi().srem(SET, hostname));
  }

  onApplicationShutdown(): void {
    this.store.disconnect();
    this.ear.disconnect();
  }

  /** The message goes out after the change, in the same transaction: who asks because of it gets the new answer. */
  async #change(hostname: string, change: ChainableCommander): Promise<void> {
    const results = await change.publish(CHANNEL, hostname).exec();
    if (results === null) throw new Error('the transaction was discarded');
    for (const [error] of results) if (error) throw error;
    this.changes$.next(hostname);
  }

  /**
   * What was said while Redis was away has not been heard. So everything is forgotten, once it can be asked again
   * (sooner, known tenants would be turned away) and news is heard again (later, some could still be missed).
   */
  async #catchUp(): Promise<void> {
    if (this.store.status !== 'ready' || this.ear.status !== 'ready') return;
    try {
      await this.ear.subscribe(CHANNEL);
      this.changes$.next(undefined);
      if (!this.#inTouch) this.#logger.log('Redis is back.');
      this.#inTouch = true;
    } catch (error) {
      this.#lost(error); // it is away again, and will be ready again
    }
  }

  #lost(error: unknown): void {
    this.#reason = error;
    if (this.#inTouch)
      this.#logger.warn(`Redis is away: ${String(error)}. Trying again.`);
    this.#inTouch = false;
  }
}

const OPTIONS = {
  lazyConnect: true,
  // What cannot be asked now is told now; the request gets its 503 and does not wait.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  commandTimeout: 1_000,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, 1_000),
};
