import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ec2Items, findItem } from './fake-ec2-items.js';
import {
  DEFAULT_INTERFACES,
  type FakeEc2Instance,
  type FakeInterface,
} from './fake-ec2.options.js';
import { FakeService } from './fake-service.js';
import type { FakeServiceOptions } from './fake-service.options.js';
import type { Reply } from './reply.js';

/**
 * A fake of the EC2 instance metadata service, version 2, on this machine. It issues tokens with a lifetime, responds
 * with 401 without a token and with 404 for absent items, has listings, and closes the connection after each response.
 * The AWS SDK for JavaScript and botocore read from it what they read on EC2.
 *
 * @example
 * ```ts
 * const imds = await FakeEc2Metadata.start({ interfaces: [{ ipv4: ['10.0.3.17'] }] });
 * Object.assign(process.env, imds.env);
 * // … create the application: it allows Host: 10.0.3.17 …
 * imds.interfaces = [{ ipv4: ['10.0.3.17', '10.0.3.18'] }]; // attached while running
 * imds.fault = { kind: 'status', status: 503, times: 1 };
 * await imds.stop();
 * ```
 */
export class FakeEc2Metadata extends FakeService {
  /** More items, by path below `/latest/`, e.g. `user-data`. They override those of the instance. */
  readonly items = new Map<string, string>();
  /** When each token expires, in milliseconds since the epoch. */
  readonly #tokens = new Map<string, number>();
  #instance: FakeEc2Instance;

  private constructor(instance: FakeEc2Instance) {
    super();
    this.#instance = instance;
  }

  /**
   * Starts the service, by default on 127.0.0.1 and a free port.
   *
   * @throws {Error} if it cannot listen there, e.g. because the port is in use
   */
  static async start(
    options: FakeEc2Instance & FakeServiceOptions = {},
  ): Promise<FakeEc2Metadata> {
    const fake = new FakeEc2Metadata(options);
    await fake.listen(options);
    return fake;
  }

  /** The environment variable with which the AWS SDKs and this library request this fake. */
  get env(): { AWS_EC2_METADATA_SERVICE_ENDPOINT: string } {
    return { AWS_EC2_METADATA_SERVICE_ENDPOINT: this.url };
  }

  /** The network interfaces of the instance. Another value takes effect at once. */
  get interfaces(): readonly FakeInterface[] {
    return this.#instance.interfaces ?? DEFAULT_INTERFACES;
  }

  set interfaces(interfaces: readonly FakeInterface[]) {
    this.#instance = { ...this.#instance, interfaces };
  }

  /** Expires all tokens that were issued so far. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /** @hidden */
  protected reply(request: IncomingMessage): Reply {
    const path = (request.url ?? '').replace(/^\/+latest\/?/, '');
    if (path === 'api/token') return this.#issueToken(request);
    if (request.method !== 'GET') return errorPage(405, 'Method Not Allowed');
    const token = String(request.headers['x-aws-ec2-metadata-token']);
    if ((this.#tokens.get(token) ?? 0) <= Date.now())
      return errorPage(401, 'Unauthorized');
    const items = new Map([...ec2Items(this.#instance), ...this.items]);
    const body = findItem(items, path);
    return body === undefined
      ? errorPage(404, 'Not Found')
      : { status: 200, body };
  }

  #issueToken({ method, headers }: IncomingMessage): Reply {
    if (method !== 'PUT') return errorPage(405, 'Method Not Allowed');
    // A PUT that passed a proxy may come from another machine.
    if (headers['x-forwarded-for'] !== undefined)
      return errorPage(403, 'Forbidden');
    const ttl = String(headers[TTL_HEADER]);
    if (!/^\d+$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > LONGEST_TTL)
      return errorPage(400, 'Bad Request');
    const body = `${randomBytes(40).toString('base64url')}==`;
    this.#tokens.set(body, Date.now() + Number(ttl) * 1000);
    return { status: 200, body, headers: { [TTL_HEADER]: ttl } };
  }
}

function errorPage(status: number, title: string): Reply {
  const body = `<?xml version="1.0" encoding="iso-8859-1"?>
<html><head><title>${status} - ${title}</title></head><body><h1>${status} - ${title}</h1></body></html>
`;
  return { status, body, headers: { 'content-type': 'text/html' } };
}

const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';
const LONGEST_TTL = 21_600;
