// A list and a lookup that change while requests are served.
import { setTimeout as sleep } from 'node:timers/promises';
import { Observable } from 'rxjs';
import { HOSTS } from '../oracle/hosts.mjs';

export const LISTS = {
  A: [...HOSTS, 'list-a.example', 'both.example'],
  B: [...HOSTS, 'list-b.example:8080', 'both.example'],
};
export const MANY = Array.from(
  { length: 20_000 },
  (_, i) => `filler-${i}.example`,
);

export class ChangingHosts {
  #list = 'A';
  #subscriber;
  #timer;
  #step = 0;
  /** What `lookup.find` returns for the names that change. */
  #flipped = true;

  /** Emits the list in force to each subscriber, as a subscription after an error is a new one. */
  hosts = new Observable((subscriber) => {
    this.#subscriber = subscriber;
    subscriber.next(LISTS[this.#list]);
  });

  find = async (hostname) => {
    if (hostname === 'hangs.tenant.example') return new Promise(() => {});
    const [result] = hostname.split('-');
    if (!hostname.endsWith('.tenant.example')) return false;
    await sleep(1);
    if (result === 'throws') throw new Error('the database is down');
    return result === 'yes' || (result === 'flip' && this.#flipped);
  };

  /** Changes the list, the lookup and its cache until `settle()`; `A` and `B` are in force in turn. */
  churn(allowedHosts) {
    this.#timer = setInterval(() => {
      this.#step++;
      this.#list = this.#list === 'A' ? 'B' : 'A';
      this.#flipped = !this.#flipped;
      allowedHosts.forget(this.#step % 2 ? undefined : 'yes-1.tenant.example');
      const list = LISTS[this.#list];
      const emit = [
        () => this.#subscriber.next(list),
        () => this.#subscriber.next([...list, ...MANY]),
        () => this.#subscriber.next(['http://malformed.example']),
        () => this.#subscriber.next(list.filter((host) => host)),
      ];
      if (this.#step % 40 === 0) this.#subscriber.error(new Error('no file'));
      else emit[this.#step % emit.length]();
    }, 150);
  }

  /** Stops the changes, and waits until list `A` is in force. */
  async settle(allowedHosts) {
    clearInterval(this.#timer);
    this.#list = 'A';
    this.#flipped = true;
    // Once a list with this host is in force, no older list can replace it any more.
    const mark = `settled-${this.#step}.example`;
    while (!allowedHosts.hosts.includes(mark)) {
      // After an error the subscriber changes, so this emits until the list is in force.
      this.#subscriber.next([...LISTS.A, mark]);
      await sleep(300);
    }
    // Calls of `find` that began before may still return what they read.
    await sleep(20);
    allowedHosts.forget();
  }
}
