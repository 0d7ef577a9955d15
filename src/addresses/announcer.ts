import type { AddressSet } from './address-set.js';
import type { ResolvedAddressesOptions } from './addresses-options.js';
import { printable } from '../wording/quoted.js';

/** Where lines go; Nest's `Logger` is one. */
export interface AddressesLogger {
  log(message: string): void;
  warn(message: string): void;
  /** Told why nothing is looked for, where that is all there is to say. */
  debug?(message: string): void;
}

/** What one round came to. */
export interface Round {
  readonly before: AddressSet;
  readonly now: AddressSet;
  /** The finders' names, as they were asked. */
  readonly asked: readonly string[];
  readonly failures: readonly string[];
  readonly remarks: readonly string[];
  readonly tookMs: number;
}

/** Says each thing once: what was found at start, what failed until it is mended, what changed. */
export class Announcer {
  private started = false;
  private failing = false;

  constructor(
    private readonly logger: AddressesLogger,
    private readonly allowOn: ResolvedAddressesOptions['allowOn'],
  ) {}

  nothingToAsk(why: string, surprising: boolean): void {
    const line = `No addresses of this machine are looked for. ${why}`;
    if (surprising) this.logger.log(line);
    else this.logger.debug?.(line);
  }

  round(round: Round): void {
    const { failures, now } = round;
    const failed = failures.length > 0;
    if (failed && !this.failing) this.logger.warn(this.failure(round));
    if (!this.started && (now.all.length > 0 || !failed)) {
      this.started = true;
      this.logger.log(this.found(round));
    } else if (this.started) {
      if (!failed && this.failing)
        this.logger.log('The addresses of this machine are read again.');
      const changes = changesOf(round);
      if (changes !== '')
        this.logger.log(`The addresses of this machine changed: ${changes}.`);
    }
    this.failing = failed;
  }

  private found({ now, asked, tookMs, remarks }: Round): string {
    const sources = now.all.map(({ source }) => source);
    const where = [...new Set(sources.length > 0 ? sources : asked)].join(', ');
    const routes = this.allowOn === 'probes' ? 'probe routes' : 'every route';
    const what =
      now.all.length === 0
        ? `No address of this machine was found (${where}, ${tookMs} ms).`
        : `Allowed on ${routes} as this machine's own: ${listed(now)} (${where}, ${tookMs} ms).`;
    return printable([what, ...remarks].join(' '), 2000);
  }

  private failure({ now, failures }: Round): string {
    const kept =
      now.all.length === 0
        ? 'this machine has no address yet that a health check may name'
        : `still allowed: ${listed(now)}`;
    // What to run stands last, without a full stop, to be copied.
    return `Not all addresses of this machine could be read: ${kept}. It is tried again in the background, and this is said once. ${failures.join(' | ')}`;
  }
}

const LISTED = 12;

function listed({ all }: AddressSet): string {
  const names = all.slice(0, LISTED).map(({ address }) => address);
  const more = all.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

function changesOf({ before, now }: Round): string {
  const added = now.all.filter(({ address }) => !before.has(address));
  const gone = before.all.filter(({ address }) => !now.has(address));
  return [
    ...added.map(({ address }) => `${address} added`),
    ...gone.map(({ address }) => `${address} removed`),
  ].join(', ');
}
