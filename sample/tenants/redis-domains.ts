import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis, type ChainableCommander } from 'ioredis';
import { Subject } from 'rxjs';
import { Domains } from './domains.js';

const SET = 'tenants:domains';
const CHANNEL = 'tenants:domains:changed';

/** A set that all processes read, and a channel on which each publishes its changes. */
export class RedisDomains extends Domains implements OnApplicationShutdown {
  readonly changes$ = new Subject<string | undefined>();
  readonly #logger = new Logger('Domains');
  #connected = false;
  #reason: unknown;

  /** @throws {Error} if Redis does not respond */
  static async open(url: string): Promise<RedisDomains> {
    const store = new Redis(url, OPTIONS);
    // A connection that subscribes can send no other commands.
    const subscriber = new Redis(url, { ...OPTIONS, autoResubscribe: false });
    const domains = new RedisDomains(store, subscriber);
    try {
      await Promise.all([store.connect(), subscriber.connect()]);
      await subscriber.subscribe(CHANNEL);
      domains.#connected = true;
      for (const connection of [store, subscriber])
        connection.on('ready', () => void domains.#catchUp());
      return domains;
    } catch (error) {
      domains.onApplicationShutdown();
      throw domains.#reason ?? error;
    }
  }

  private constructor(
    private readonly store: Redis,
    private readonly subscriber: Redis,
  ) {
    super();
    subscriber.on('message', (_channel, hostname) =>
      this.changes$.next(hostname),
    );
    for (const connection of [store, subscriber])
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
    this.subscriber.disconnect();
  }

  /** Publishes after the change, in the same transaction: who reads because of the message gets the new state. */
  async #change(hostname: string, change: ChainableCommander): Promise<void> {
    const results = await change.publish(CHANNEL, hostname).exec();
    if (results === null) throw new Error('the transaction was discarded');
    for (const [error] of results) if (error) throw error;
    this.changes$.next(hostname);
  }

  /**
   * Messages that were published while Redis was unreachable are lost, so all cached results are dropped. This waits
   * until both connections are back: the store, or known tenants would be refused, and the subscription, or a message
   * could still be missed.
   */
  async #catchUp(): Promise<void> {
    if (this.store.status !== 'ready' || this.subscriber.status !== 'ready')
      return;
    try {
      await this.subscriber.subscribe(CHANNEL);
      this.changes$.next(undefined);
      if (!this.#connected) this.#logger.log('Redis is reachable again.');
      this.#connected = true;
    } catch (error) {
      this.#lost(error); // disconnected again; 'ready' will follow
    }
  }

  #lost(error: unknown): void {
    this.#reason = error;
    if (this.#connected)
      this.#logger.warn(
        `Redis is unreachable: ${String(error)}. Reconnecting.`,
      );
    this.#connected = false;
  }
}

const OPTIONS = {
  lazyConnect: true,
  // A command fails at once while Redis is unreachable: the request gets 503 and does not wait.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  commandTimeout: 1_000,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, 1_000),
};
