import { setTimeout as pause } from 'node:timers/promises';
import { quoted } from '../messages/printable.js';
import type { ImdsSettings } from './imds-settings.js';
import {
  requestMetadata,
  type MetadataRequest,
  type MetadataResponse,
} from './metadata-client.js';
import { MetadataError } from './metadata-error.js';

interface Token {
  readonly value: string;
  /** In milliseconds, on the monotonic clock of the process. */
  readonly renewAt: number;
}

/**
 * A client of the EC2 instance metadata service, version 2 only. It requests a token first, renews it before it
 * expires, and renews it once more if it is rejected earlier.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export class ImdsClient {
  readonly #settings: ImdsSettings;
  #token: Promise<Token> | undefined;

  constructor(settings: ImdsSettings) {
    this.#settings = settings;
  }

  /**
   * Requests an item or a listing below `latest/meta-data/`.
   *
   * @returns `undefined` if there is no such item (404), as for the IPv6 address of an instance without one
   * @throws {MetadataError} if there is no usable response
   */
  async get(path: string, signal: AbortSignal): Promise<string | undefined> {
    const url = new URL(`latest/meta-data/${path}`, this.#settings.endpoint);
    const request = ({ value }: Token): Promise<MetadataResponse> => {
      const headers = { 'x-aws-ec2-metadata-token': value };
      return this.#requestWithRetry({ method: 'GET', url, headers, signal });
    };
    const token = await this.#validToken(signal);
    let response = await request(token);
    if (response.status === 401)
      response = await request(await this.#validToken(signal, token));
    return response.status === 404 ? undefined : bodyOf(response, 'GET', url);
  }

  /**
   * Requests run in parallel. The first that needs a new token fetches it, and all others wait for that token.
   *
   * @param rejected a token that is not valid any longer, whatever its age
   */
  async #validToken(signal: AbortSignal, rejected?: Token): Promise<Token> {
    const current = this.#token;
    const token = await current;
    if (token && token !== rejected && performance.now() < token.renewAt)
      return token;
    if (this.#token && this.#token !== current) return this.#token;
    const fetched = this.#fetchToken(signal);
    this.#token = fetched;
    fetched.catch(() => {
      this.#token = undefined;
    });
    return fetched;
  }

  async #fetchToken(signal: AbortSignal): Promise<Token> {
    const url = new URL('latest/api/token', this.#settings.endpoint);
    const headers = { [TTL_HEADER]: String(TTL_SECONDS) };
    const requestedAt = performance.now();
    const response = await this.#requestWithRetry({
      method: 'PUT',
      url,
      headers,
      signal,
    });
    const value = bodyOf(response, 'PUT', url);
    if (!/^[\x21-\x7e]{1,1024}$/.test(value))
      throw new MetadataError(
        'invalid',
        `PUT ${url.href}`,
        `returned ${quoted(value)}, which is not a token`,
      );
    const granted = Number(response.headers[TTL_HEADER]);
    const seconds = granted > 0 ? Math.min(granted, TTL_SECONDS) : TTL_SECONDS;
    return { value, renewAt: requestedAt + seconds * 1000 * RENEW_AFTER };
  }

  /**
   * Retries a request that may succeed later, up to `AWS_METADATA_SERVICE_NUM_ATTEMPTS` attempts in all, until the signal
   * aborts.
   *
   * @returns the result of the last attempt
   */
  async #requestWithRetry(
    request: MetadataRequest,
    attempt = 1,
  ): Promise<MetadataResponse> {
    const { attempts, limitMs } = this.#settings;
    const result = requestMetadata({ ...request, limitMs });
    if (attempt >= attempts || !(await mayRecover(result))) return result;
    // Stryker disable next-line ArithmeticOperator: no test measures time
    const delayMs = FIRST_RETRY_MS * 2 ** (attempt - 1);
    const hasWaited = await pause(delayMs, true, {
      // Stryker disable next-line BooleanLiteral: no test measures how much later a process would end
      ref: false,
      signal: request.signal,
    }).catch(() => undefined);
    if (!hasWaited) return result;
    return this.#requestWithRetry(request, attempt + 1);
  }
}

function mayRecover(result: Promise<MetadataResponse>): Promise<boolean> {
  return result.then(
    ({ status }) => status === 429 || status >= 500,
    () => true,
  );
}

function bodyOf(response: MetadataResponse, method: string, url: URL): string {
  if (response.status === 200) return response.body;
  throw new MetadataError(
    'status',
    `${method} ${url.href}`,
    `returned status ${response.status}`,
    response.status,
  );
}

const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';
/** Six hours, the longest that the service grants. */
const TTL_SECONDS = 21_600;
/** The part of a token's lifetime after which it is renewed. */
const RENEW_AFTER = 0.9;
/** The pause before the first retry; it doubles with each attempt. */
const FIRST_RETRY_MS = 50;
