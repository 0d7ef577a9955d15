import type { LoggerService } from '@nestjs/common';
import { printable } from '../messages/printable.js';
import type { AddressSet } from './address-set.js';
import type { InstanceAddress } from './address-source.js';
import type { ResolvedAddressesOptions } from './addresses.options.js';
import type { DiscoveryPlan } from './discovery-plan.js';

/** Nest's `Logger`, or another with these methods. */
export type AddressLogger = Required<
  Pick<LoggerService, 'log' | 'warn' | 'debug'>
>;

/** One discovery, for the log. */
export interface DiscoveryReport {
  readonly before: AddressSet;
  readonly now: AddressSet;
  /** The names of the queried sources, in their order. */
  readonly queried: readonly string[];
  readonly failures: readonly string[];
  readonly ignored: readonly InstanceAddress[];
  readonly notes: readonly string[];
  readonly tookMs: number;
}

/** Logs each event once: the first result, a failure until it is over, each change. */
export class AddressLog {
  readonly #logger: AddressLogger;
  readonly #allowOn: ResolvedAddressesOptions['allowOn'];
  readonly #loggedIgnored = new Set<string>();
  #hasLoggedResult = false;
  #isFailing = false;

  constructor(
    logger: AddressLogger,
    allowOn: ResolvedAddressesOptions['allowOn'],
  ) {
    this.#logger = logger;
    this.#allowOn = allowOn;
  }

  /** Logs why a plan has no sources: where addresses are expected for everybody, elsewhere for debugging. */
  logNoSources({ note, unexpected = false }: DiscoveryPlan): void {
    if (note === undefined) return;
    const line = `Not looking for this machine's addresses. ${note}`;
    if (unexpected) this.#logger.log(line);
    else this.#logger.debug(line);
  }

  logDiscovery(report: DiscoveryReport): void {
    const hasFailed = report.failures.length > 0;
    this.#logIgnored(report.ignored);
    if (hasFailed && !this.#isFailing) this.#logger.warn(failureLine(report));
    if (this.#hasLoggedResult) {
      if (!hasFailed && this.#isFailing)
        this.#logger.log("Reading this machine's addresses works again.");
      const changes = changesOf(report);
      if (changes !== '')
        this.#logger.log(`This machine's addresses changed: ${changes}.`);
    } else if (report.now.all.length > 0 || !hasFailed) {
      this.#hasLoggedResult = true;
      this.#logger.log(resultLine(report, this.#allowOn));
    }
    this.#isFailing = hasFailed;
  }

  /** Logs each ignored address once; stops after `MAX_IGNORED` addresses, so that its memory is bounded. */
  #logIgnored(ignored: readonly InstanceAddress[]): void {
    const logged = this.#loggedIgnored;
    const unlogged = ignored.filter(({ address }) => !logged.has(address));
    if (unlogged.length === 0 || logged.size >= MAX_IGNORED) return;
    for (const { address } of unlogged) logged.add(address);
    this.#logger.warn(
      printable(
        `Ignoring addresses at which no other machine can reach this one: ${listed(unlogged)} (${sourcesOf(unlogged)}). Unspecified, loopback, link-local, multicast and broadcast addresses do not join the allowed hosts.`,
        LONGEST_LINE,
      ),
    );
  }
}

function resultLine(
  { now, queried, notes, tookMs }: DiscoveryReport,
  allowOn: ResolvedAddressesOptions['allowOn'],
): string {
  const routes = allowOn === 'probes' ? 'probe routes' : 'every route';
  const result =
    now.all.length === 0
      ? `Found no address of this machine (${queried.join(', ')}, ${tookMs} ms).`
      : `Allowing this machine's addresses on ${routes}: ${listed(now.all)} (${sourcesOf(now.all)}, ${tookMs} ms).`;
  return printable([result, ...notes].join(' '), LONGEST_LINE);
}

function failureLine({ now, failures }: DiscoveryReport): string {
  const consequence =
    now.all.length === 0
      ? "Could not read this machine's addresses, so requests by IP address are refused except on probe routes."
      : `Could not read all of this machine's addresses. Still allowed: ${listed(now.all)}.`;
  // A failure may end with a command, so it is last and has no full stop.
  return printable(
    `${consequence} Retrying in the background (logged once). ${failures.join(' | ')}`,
    LONGEST_LINE,
  );
}

function changesOf({ before, now }: DiscoveryReport): string {
  const added = now.all.filter(({ address }) => !before.has(address));
  const removed = before.all.filter(({ address }) => !now.has(address));
  return [listed(added, ' added'), listed(removed, ' removed')]
    .filter(Boolean)
    .join(', ');
}

/** @param suffix follows each address, e.g. ` added` */
function listed(addresses: readonly InstanceAddress[], suffix = ''): string {
  const names = addresses
    .slice(0, MAX_LISTED)
    .map(({ address }) => `${address}${suffix}`);
  const more = addresses.length - names.length;
  return more > 0
    ? `${names.join(', ')} and ${more} more${suffix}`
    : names.join(', ');
}

function sourcesOf(addresses: readonly InstanceAddress[]): string {
  return [...new Set(addresses.map(({ source }) => source))].join(', ');
}

const MAX_LISTED = 12;
const MAX_IGNORED = 100;
const LONGEST_LINE = 2000;
