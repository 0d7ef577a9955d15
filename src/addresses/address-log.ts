import type { AddressSet } from './address-set.js';
import type { InstanceAddress } from './address-source.js';
import type { ResolvedAddressesOptions } from './addresses.options.js';
import { printable } from '../messages/printable.js';

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
  readonly ignored: readonly InstanceAddress[];
  readonly remarks: readonly string[];
  readonly tookMs: number;
}

/** Says each thing once: what was found at start, what failed until it is mended, what changed. */
export class Announcer {
  private started = false;
  private failing = false;
  private readonly ignored = new Set<string>();

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
    this.ignoring(round.ignored);
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

  /** Logs each address once, until there are too many to remember. */
  private ignoring(named: readonly InstanceAddress[]): void {
    const fresh = named.filter(({ address }) => !this.ignored.has(address));
    if (fresh.length === 0 || this.ignored.size >= MOST_IGNORED) return;
    for (const { address } of fresh) this.ignored.add(address);
    const sources = [...new Set(fresh.map(({ source }) => source))].join(', ');
    this.logger.warn(
      printable(
        `Ignoring addresses that no other machine can reach this one at: ${listed(fresh)} (${sources}). Unspecified, loopback, link-local, multicast and broadcast addresses do not join the allowed hosts.`,
        LONGEST_LINE,
      ),
    );
  }

  private found({ now, asked, tookMs, remarks }: Round): string {
    const sources = now.all.map(({ source }) => source);
    const where = [...new Set(sources.length > 0 ? sources : asked)].join(', ');
    const routes = this.allowOn === 'probes' ? 'probe routes' : 'every route';
    const what =
      now.all.length === 0
        ? `No address of this machine was found (${where}, ${tookMs} ms).`
        : `Allowed on ${routes} as this machine's own: ${listed(now.all)} (${where}, ${tookMs} ms).`;
    return printable([what, ...remarks].join(' '), LONGEST_LINE);
  }

  private failure({ now, failures }: Round): string {
    const kept =
      now.all.length === 0
        ? 'this machine has no address yet that a health check may name'
        : `still allowed: ${listed(now.all)}`;
    // What to run stands last, without a full stop, to be copied.
    return printable(
      `Not all addresses of this machine could be read: ${kept}. It is tried again in the background, and this is said once. ${failures.join(' | ')}`,
      LONGEST_LINE,
    );
  }
}

const LISTED = 12;
const MOST_IGNORED = 100;
const LONGEST_LINE = 2000;

/** @param what follows each address, e.g. ` added` */
function listed(all: readonly InstanceAddress[], what = ''): string {
  const names = all.slice(0, LISTED).map(({ address }) => `${address}${what}`);
  const more = all.length - names.length;
  return more > 0
    ? `${names.join(', ')} and ${more} more${what}`
    : names.join(', ');
}

function changesOf({ before, now }: Round): string {
  const added = now.all.filter(({ address }) => !before.has(address));
  const gone = before.all.filter(({ address }) => !now.has(address));
  return [listed(added, ' added'), listed(gone, ' removed')]
    .filter(Boolean)
    .join(', ');
}
