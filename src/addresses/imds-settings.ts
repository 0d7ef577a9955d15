import { quoted } from '../messages/printable.js';
import { ENDPOINT } from './imds-environment.js';
import type { Environment } from './machine.js';

/** How the EC2 instance metadata service (IMDS) is requested. */
export interface ImdsSettings {
  /** Ends with `/`. */
  readonly endpoint: URL;
  /** The time limit of each request in milliseconds; `undefined`: the budget of the discovery is the only limit. */
  readonly limitMs: number | undefined;
  /** How often one request is sent until it succeeds. */
  readonly attempts: number;
}

/**
 * Reads the environment variables that the AWS SDKs read. `AWS_EC2_METADATA_V1_DISABLED` is not among them:
 * version 1 is never requested.
 *
 * @throws {Error} naming the variable and what to write instead
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
 */
export function imdsSettings(env: Environment): ImdsSettings {
  return {
    endpoint: httpEndpoint(ENDPOINT, env[ENDPOINT] || endpointOfMode(env)),
    limitMs: parseTimeout(env[TIMEOUT]),
    attempts: parseAttempts(env[ATTEMPTS]),
  };
}

/**
 * Parses an `http:` URL and adds `/` to its end, so that paths can be appended.
 *
 * @throws {Error} naming the variable that contains the text
 */
export function httpEndpoint(variable: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url?.protocol !== 'http:' ||
    url.username + url.password + url.search + url.hash !== ''
  )
    throw new Error(
      `${variable} is ${quoted(text)}: write http://, a host and a port, e.g. "http://169.254.169.254"`,
    );
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function endpointOfMode(env: Environment): string {
  const mode = env[MODE] || 'IPv4';
  if (mode.toLowerCase() === 'ipv4') return 'http://169.254.169.254';
  if (mode.toLowerCase() === 'ipv6') return 'http://[fd00:ec2::254]';
  throw new Error(`${MODE} is ${quoted(mode)}: write "IPv4" or "IPv6"`);
}

/** Seconds, with a fraction if given, as milliseconds. */
function parseTimeout(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds === 0 || seconds > 3600)
    throw new Error(
      `${TIMEOUT} is ${quoted(text)}: write a number of seconds up to 3600, e.g. "1"`,
    );
  return Math.max(1, seconds * 1000);
}

function parseAttempts(text: string | undefined): number {
  if (!text) return 1;
  if (!/^[1-9]\d?$/.test(text))
    throw new Error(
      `${ATTEMPTS} is ${quoted(text)}: write a whole number from 1 to 99`,
    );
  return Number(text);
}

const MODE = 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE';
const TIMEOUT = 'AWS_METADATA_SERVICE_TIMEOUT';
const ATTEMPTS = 'AWS_METADATA_SERVICE_NUM_ATTEMPTS';
