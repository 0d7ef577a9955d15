import type { AddressSource } from './address-source.js';
import { errorMessage } from '../messages/error-message.js';
import { ImdsClient } from './imds-client.js';
import { imdsDisabled, imdsSettings } from './imds-settings.js';
import { imdsRemedy } from './imds-remedy.js';
import { canonicalAddresses, MAX_ADDRESSES } from './canonical-address.js';
import type { Environment } from './machine.js';
import { MetadataError } from './metadata-error.js';
import { quoted } from '../messages/printable.js';

const INTERFACES = 'network/interfaces/macs/';
/** An instance can have more than a hundred interfaces; the service throttles who asks for all at once. */
const AT_ONCE = 8;

/**
 * All private IPv4 and all IPv6 addresses of all interfaces of an EC2 instance, those of the primary
 * interface first. Not its public IPv4 address, which no packet carries inside the network.
 *
 * Requests: three and two for each interface, and one more for a token, which lasts six hours.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
 */
export class Ec2Source implements AddressSource {
  readonly name = 'ec2';
  private client: ImdsClient | undefined;

  constructor(
    private readonly env: Environment,
    private readonly instanceId?: string,
  ) {}

  async addresses(signal: AbortSignal): Promise<readonly string[]> {
    if (imdsDisabled(this.env))
      throw new Error('AWS_EC2_METADATA_DISABLED forbids to ask');
    this.client ??= new ImdsClient(imdsSettings(this.env));
    try {
      return await allAddresses(this.client, signal);
    } catch (error) {
      const remedy = imdsRemedy(error, this.instanceId);
      throw remedy === ''
        ? error
        : new Error(`${errorMessage(error)}. ${remedy}`, { cause: error });
    }
  }
}

async function allAddresses(
  imds: ImdsClient,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lines = async (path: string): Promise<readonly string[]> =>
    linesOf(await imds.get(path, signal));
  const addresses = async (path: string): Promise<readonly string[]> =>
    parseAddresses(path, await lines(path));

  const [ipv4, ipv6, macs] = await Promise.all([
    addresses('local-ipv4'),
    addresses('ipv6'),
    lines(INTERFACES),
  ]);
  const found = [ipv4, ipv6];
  for (let i = 0; i < macs.length; i += AT_ONCE) {
    const batch = macs
      .slice(i, i + AT_ONCE)
      .map(macPath)
      .flatMap((path) => [
        addresses(`${path}local-ipv4s`),
        addresses(`${path}ipv6s`),
      ]);
    found.push(...(await Promise.all(batch)));
    if (found.reduce((sum, { length }) => sum + length, 0) > 2 * MAX_ADDRESSES)
      throw new Error(
        `the interfaces have more than the ${MAX_ADDRESSES} addresses that are taken`,
      );
  }
  const all = [...new Set(found.flat())];
  if (all.length === 0) throw new Error('the instance has no address at all');
  return all;
}

function linesOf(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function macPath(entry: string): string {
  // What stands in the next request's path is not left to the answer.
  const [mac] = /^([0-9a-f]{2}:){5}[0-9a-f]{2}(?=\/?$)/i.exec(entry) ?? [];
  if (mac !== undefined) return `${INTERFACES}${mac}/`;
  throw new MetadataError(
    'not-understood',
    `GET ${INTERFACES}`,
    `was answered with ${quoted(entry)}, which is no interface`,
  );
}

function parseAddresses(
  path: string,
  lines: readonly string[],
): readonly string[] {
  try {
    return canonicalAddresses(lines);
  } catch (error) {
    throw new MetadataError(
      'not-understood',
      `GET ${path}`,
      `was answered with what is no address: ${errorMessage(error)}`,
    );
  }
}
