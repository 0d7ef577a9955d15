import { setTimeout as pause } from 'node:timers/promises';
import type { ImdsSettings } from './imds-settings.js';
import {
  requestMetadata,
  type MetadataResponse,
  type MetadataRequest,
} from './metadata-client.js';
import { MetadataError } from './metadata-error.js';
import { quoted } from '../messages/printable.js';

interface Token {
  readonly value: string;
  /** By the process's monotonic clock, in milliseconds. */
  readonly renewAt: number;
}

/** Six hours, the longest that is granted. */
const TTL_SECONDS = 21_600;
const FIRST_PAUSE_MS = 50;

/**
 * Instance metadata service, version 2 alone: a token first, kept until a tenth of its life is left,
 * and renewed once where it is refused earlier.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export class ImdsClient {
  private token: Promise<Token> | undefined;

  constructor(private readonly settings: ImdsSettings) {}

  /**
   * One item or listing below `latest/meta-data/`; `undefined` where there is no such item (404),
   * which is how the service says that an instance has no IPv6, or no IPv4, address.
   *
   * @throws {MetadataError}
   */
  async get(path: string, signal: AbortSignal): Promise<string | undefined> {
    const url = new URL(`latest/meta-data/${path}`, this.settings.endpoint);
    const ask = (token: Token): Promise<MetadataResponse> =>
      this.requestWithRetry({
        method: 'GET',
        url,
        headers: { 'x-aws-ec2-metadata-token': token.value },
        signal,
      });
    const token = await this.validToken(signal);
    let answer = await ask(token);
    if (answer.status === 401)
      answer = await ask(await this.validToken(signal, token));
    return answer.status === 404 ? undefined : bodyOf(answer, 'GET', url);
  }

  /** Requests run side by side: whoever finds the token gone first takes the next one, for all. */
  private async validToken(
    signal: AbortSignal,
    refused?: Token,
  ): Promise<Token> {
    const held = this.token;
    if (held) {
      const token = await held;
      if (token !== refused && performance.now() < token.renewAt) return token;
      if (this.token && this.token !== held) return this.token;
    }
    const taken = this.fetchToken(signal);
    this.token = taken;
    taken.catch(() => {
      if (this.token === taken) this.token = undefined;
    });
    return taken;
  }

  private async fetchToken(signal: AbortSignal): Promise<Token> {
    const url = new URL('latest/api/token', this.settings.endpoint);
    const headers = {
      'x-aws-ec2-metadata-token-ttl-seconds': String(TTL_SECONDS),
    };
    const askedAt = performance.now();
    const answer = await this.requestWithRetry({
      method: 'PUT',
      url,
      headers,
      signal,
    });
    const value = bodyOf(answer, 'PUT', url);
    if (!/^[\x21-\x7e]{1,1024}$/.test(value))
      throw new MetadataError(
        'not-understood',
        `PUT ${url.href}`,
        `was answered with ${quoted(value)}, which is no token`,
      );
    const granted = Number(
      answer.headers['x-aws-ec2-metadata-token-ttl-seconds'],
    );
    const seconds = granted > 0 ? Math.min(granted, TTL_SECONDS) : TTL_SECONDS;
    return { value, renewAt: askedAt + seconds * 900 };
  }

  /** Asks as often as `AWS_METADATA_SERVICE_NUM_ATTEMPTS` says, where asking again can help. */
  private async requestWithRetry(
    question: MetadataRequest,
    attempt = 1,
  ): Promise<MetadataResponse> {
    const last = attempt >= this.settings.attempts;
    try {
      const answer = await requestMetadata({
        ...question,
        limitMs: this.settings.limitMs,
      });
      if (last || (answer.status !== 429 && answer.status < 500)) return answer;
    } catch (error) {
      if (last || question.signal.aborted) throw error;
    }
    await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, {
      ref: false,
      signal: question.signal,
    });
    return this.requestWithRetry(question, attempt + 1);
  }
}

function bodyOf(answer: MetadataResponse, method: string, url: URL): string {
  if (answer.status === 200) return answer.body;
  throw new MetadataError(
    'status',
    `${method} ${url.href}`,
    `was answered with status ${answer.status}`,
    answer.status,
  );
}
