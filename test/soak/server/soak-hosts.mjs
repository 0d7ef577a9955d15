// A list that changes ten times a second, and a lookup that fails now and then.
import { setTimeout as sleep } from 'node:timers/promises';
import { Observable } from 'rxjs';
import { LISTS, MANY } from '../../fuzz/server/changing-hosts.mjs';
import { isDown, isSilent } from '../outages.mjs';

const EVERY_MS = 100;
/** Steps between two long lists, and between two malformed ones. */
const LONG = 50;
/** Steps between two errors of the stream: more than a minute, after which a subscription counts as recovered. */
const ERROR = 650;

export class SoakHosts {
  #subscriber;
  #timer;
  #step = 0;

  /** Emits a list to each subscriber, as a subscription after an error is a new one. */
  hosts = new Observable((subscriber) => {
    this.#subscriber = subscriber;
    subscriber.next(this.#list());
  });

  find = async (hostname) => {
    // Timers of the soak itself must not count as resources of the application.
    await sleep(Math.random() * 5, undefined, { ref: false });
    const [result] = hostname.split('-');
    const now = Date.now();
    if (isDown(now) && isSilent(now)) return new Promise(() => undefined);
    if (isDown(now) || result === 'throws')
      throw new Error('the database is down');
    if (!hostname.endsWith('.tenant.example')) return false;
    return result === 'yes' || (result === 'flip' && this.#step % 2 === 0);
  };

  /** Changes the list and the lookup until `pause()`. */
  start(allowedHosts) {
    this.#timer = setInterval(() => {
      this.#step++;
      // Never all names at once: that would also drop what the lookup might keep by mistake.
      allowedHosts.forget(`flip-${1 + (this.#step % 4)}.tenant.example`);
      this.#emit();
    }, EVERY_MS).unref();
  }

  /** Stops the changes and waits until a short list is in force, so that each measurement finds the same one. */
  async pause(allowedHosts) {
    clearInterval(this.#timer);
    const mark = `paused-${this.#step}.example`;
    while (!allowedHosts.hosts.includes(mark)) {
      // After an error the subscriber changes, so this emits until the list is in force.
      this.#subscriber.next([...this.#list(), mark]);
      await sleep(50);
    }
  }

  #emit() {
    const step = this.#step;
    if (step % ERROR === 0) this.#subscriber.error(new Error('no file'));
    else if (step % LONG === 0)
      this.#subscriber.next([...this.#list(), ...MANY]);
    else if (step % LONG === LONG / 2)
      this.#subscriber.next(['http://malformed.example']);
    else this.#subscriber.next(this.#list());
  }

  /** The hosts that are always listed, those of `A` or of `B`, and a few that are listed this time only. */
  #list() {
    const now = Array.from(
      { length: 20 },
      (_, i) => `filler-${i}-${this.#step}.example`,
    );
    return [...LISTS[this.#step % 2 ? 'A' : 'B'], ...now];
  }
}
