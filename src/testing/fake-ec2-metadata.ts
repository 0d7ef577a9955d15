import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  DEFAULT_INTERFACES,
  ec2Items,
  type FakeEc2Instance,
  type FakeInterface,
  lookUp,
} from './ec2-items.js';
import { FakeService, type FakeServiceOptions } from './fake-service.js';
import type { Reply } from './fault.js';

const LONGEST_TTL = 21_600;
const TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';

/**
 * The EC2 instance metadata service, version 2, on this machine: tokens with their life time, 401 without one,
 * 404 for what an instance has not got, listings, a closed connection after each answer. The AWS SDK for
 * JavaScript and botocore read from it what they read on EC2.
 *
 * @example
 * ```ts
 * const imds = await FakeEc2Metadata.start({ interfaces: [{ ipv4: ['10.0.3.17'] }] });
 * Object.assign(process.env, imds.env);
 * // … create the application: it answers to Host: 10.0.3.17 …
 * imds.interfaces = [{ ipv4: ['10.0.3.17', '10.0.3.18'] }]; // attached while running
 * imds.fault = { do: 'status', status: 503, times: 1 };
 * await imds.stop();
 * ```
 */
export class FakeEc2Metadata extends FakeService {
  /** Items beside or instead of the instance's, by path below `/latest/`, e.g. `user-data`. */
  readonly items = new Map<string, string>();
  private readonly tokens = new Map<string, number>();

  private constructor(private instance: FakeEc2Instance) {
    super();
  }

  /** Listens, on 127.0.0.1 and a free port unless told otherwise. */
  static async start(
    options: FakeEc2Instance & FakeServiceOptions = {},
  ): Promise<FakeEc2Metadata> {
    const fake = new FakeEc2Metadata(options);
    await fake.listen(options);
    return fake;
  }

  /** The environment in which the AWS SDKs, and this library, ask this fake. */
  get env(): { AWS_EC2_METADATA_SERVICE_ENDPOINT: string } {
    return { AWS_EC2_METADATA_SERVICE_ENDPOINT: this.url };
  }

  /** The instance's network interfaces; what is set is served from now on. */
  get interfaces(): readonly FakeInterface[] {
    return this.instance.interfaces ?? DEFAULT_INTERFACES;
  }

  set interfaces(interfaces: readonly FakeInterface[]) {
    this.instance = { ...this.instance, interfaces };
  }

  /** All tokens given so far are refused from now on. */
  expireTokens(): void {
    this.tokens.clear();
  }

  /** @internal */
  protected reply(request: IncomingMessage): Reply {
    const path = (request.url ?? '').replace(/^\/+latest\/?/, '');
    if (path === 'api/token') return this.token(request);
    if (request.method !== 'GET') return refusal(405, 'Method Not Allowed');
    const token = String(request.headers['x-aws-ec2-metadata-token']);
    if ((this.tokens.get(token) ?? 0) <= Date.now())
      return refusal(401, 'Unauthorized');
    const items = new Map([...ec2Items(this.instance), ...this.items]);
    const body = lookUp(items, path);
    return body === undefined
      ? refusal(404, 'Not Found')
      : { status: 200, body };
  }

  private token({ method, headers }: IncomingMessage): Reply {
    if (method !== 'PUT') return refusal(405, 'Method Not Allowed');
    // A PUT that passed a proxy came from another machine.
    if (headers['x-forwarded-for'] !== undefined)
      return refusal(403, 'Forbidden');
    const ttl = String(headers[TTL_HEADER]);
    if (!/^\d+$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > LONGEST_TTL)
      return refusal(400, 'Bad Request');
    const body = `${randomBytes(40).toString('base64url')}==`;
    this.tokens.set(body, Date.now() + Number(ttl) * 1000);
    return { status: 200, body, headers: { [TTL_HEADER]: ttl } };
  }
}

function refusal(status: number, title: string): Reply {
  const body = `<?xml version="1.0" encoding="iso-8859-1"?>
<html><head><title>${status} - ${title}</title></head><body><h1>${status} - ${title}</h1></body></html>
`;
  return { status, body, headers: { 'content-type': 'text/html' } };
}
