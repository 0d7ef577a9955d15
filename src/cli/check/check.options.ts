import {
  hostKey,
  parseHostHeader,
  type Host,
} from '../../hosts/host-header.js';
import { checkMilliseconds } from '../../messages/option-checks.js';
import { quoted } from '../../messages/printable.js';
import { parseArguments, type OptionTable } from '../arguments.js';
import { UsageError } from '../usage-error.js';

/** What `check` is told. */
export interface CheckOptions {
  readonly url: URL;
  readonly healthPath: string;
  /** The hosts of the user, at least one, as they are sent. */
  readonly hosts: readonly [string, ...string[]];
  /** Where to connect, if not to the host in the URL. */
  readonly connect:
    { readonly host: string; readonly port: number } | undefined;
  readonly insecure: boolean;
  readonly timeoutMs: number;
  readonly json: boolean;
}

export const CHECK_OPTIONS: OptionTable = {
  health: { example: '/health' },
  host: { example: 'example.com' },
  connect: { example: '10.0.3.17:3000' },
  insecure: {},
  timeout: { example: '8000' },
  json: {},
};

/** Longer than a balancer waits, so that a slow response is seen as slow. */
const DEFAULT_TIMEOUT_MS = 8000;

/** @throws {UsageError} */
export function parseCheckOptions(args: readonly string[]): CheckOptions {
  const given = parseArguments(args, CHECK_OPTIONS);
  const [text, ...rest] = given.positionals;
  if (text === undefined)
    throw new UsageError(
      'check needs the URL of a server: write nestjs-allowed-hosts check https://example.com',
    );
  if (rest.length > 0)
    throw new UsageError(
      `check takes one URL, but ${quoted(rest[0])} follows it: write --host ${rest[0]} if that is a host of yours.`,
    );
  const url = urlOf(text);
  parsed(url.host);
  const [first = url.host, ...others] = given.values('host').map(hostOf);
  const connect = given.value('connect');
  return {
    url,
    healthPath: pathOf(given.value('health') ?? '/health'),
    hosts: [first, ...others],
    connect: connect === undefined ? undefined : placeOf(connect, portOf(url)),
    insecure: given.has('insecure'),
    timeoutMs: millisecondsOf(given.value('timeout')),
    json: given.has('json'),
  };
}

/** The port of a URL, also if it is the default one. */
export function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const withScheme = `http://${text}`;
    const advice =
      !text.includes('://') && URL.canParse(withScheme)
        ? `write ${withScheme} or https://${text}`
        : 'write one such as https://example.com';
    throw new UsageError(
      `${quoted(text, 100)} is not an http or https URL: ${advice}`,
    );
  }
  if (url.username !== '' || url.password !== '')
    throw new UsageError(
      'The URL contains a user or a password, which check does not send: leave it out.',
    );
  return url;
}

function pathOf(text: string): string {
  if (/^\/[\x21-\x7e]*$/.test(text)) return text;
  throw new UsageError(
    `--health is ${quoted(text)}: write the path that the load balancer requests, such as --health /health.`,
  );
}

function hostOf(text: string): string {
  if (parseHostHeader(text).ok) return text;
  const advice = URL.canParse(text) ? new URL(text).host : '';
  throw new UsageError(
    `--host is ${quoted(text)}, which is not a host: write --host ${advice || 'example.com'}.`,
  );
}

function placeOf(text: string, port: number): { host: string; port: number } {
  const host = parseHostHeader(text);
  if (host.ok) return { host: host.hostname, port: host.port ?? port };
  throw new UsageError(
    `--connect is ${quoted(text)}: write a host and a port, such as --connect 10.0.3.17:3000 or --connect [fd00::1]:3000.`,
  );
}

function millisecondsOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT_MS;
  try {
    return checkMilliseconds(
      /^\d+$/.test(text) ? Number(text) : text,
      '--timeout',
      1,
    );
  } catch (error) {
    throw new UsageError(
      error instanceof Error ? error.message : String(error),
    );
  }
}

/** The parsed form of a host that was checked. */
export function parsed(host: string): Host {
  const result = parseHostHeader(host);
  if (!result.ok) throw new UsageError(`${quoted(host)} is not a host.`);
  return result;
}

/** A host without its port, as in a header. */
export function withoutPort(host: string): string {
  return hostKey(parsed(host));
}
