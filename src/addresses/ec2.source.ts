import { errorMessage } from '../messages/error-message.js';
import { quoted } from '../messages/printable.js';
import type { AddressSource } from './address-source.js';
import { canonicalAddresses, MAX_ADDRESSES } from './canonical-address.js';
import { ImdsClient } from './imds-client.js';
import { isImdsDisabled } from './imds-environment.js';
import { imdsRemedy } from './imds-remedy.js';
import { imdsSettings } from './imds-settings.js';
import type { Environment } from './machine.js';
import { MetadataError } from './metadata-error.js';

/**
 * All private IPv4 and all IPv6 addresses of all interfaces of an EC2 instance, those of the primary interface first.
 * Its public IPv4 address is not among them, because no packet inside the network carries it.
 *
 * It sends three requests, two more for each interface, and one for a token, which lasts six hours.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
 */
export class Ec2Source implements AddressSource {
  readonly name = 'ec2';
  readonly #env: Environment;
  readonly #instanceId: string | undefined;
  #client: ImdsClient | undefined;

  /** @param instanceId the id for the command in an error message, if known */
  constructor(env: Environment, instanceId?: string) {
    this.#env = env;
    this.#instanceId = instanceId;
  }

  async addresses(signal: AbortSignal): Promise<readonly string[]> {
    if (isImdsDisabled(this.#env))
      throw new Error(
        'AWS_EC2_METADATA_DISABLED is "true", which forbids requests',
      );
    this.#client ??= new ImdsClient(imdsSettings(this.#env));
    try {
      return await requestAddresses(this.#client, signal);
    } catch (error) {
      const remedy = imdsRemedy(error, this.#instanceId);
      throw remedy === ''
        ? error
        : new Error(`${errorMessage(error)}. ${remedy}`);
    }
  }
}

async function requestAddresses(
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
  const found = new Set([...ipv4, ...ipv6]);
  // Stryker disable next-line EqualityOperator: an empty batch sends no request
  for (let i = 0; i < macs.length; i += BATCH_SIZE) {
    const batch = macs
      .slice(i, i + BATCH_SIZE)
      .map(pathOfInterface)
      .flatMap((path) => [
        addresses(`${path}local-ipv4s`),
        addresses(`${path}ipv6s`),
      ]);
    for (const address of (await Promise.all(batch)).flat()) found.add(address);
    if (found.size > MAX_ADDRESSES)
      throw new Error(
        `the interfaces have more than ${MAX_ADDRESSES} addresses, which is the limit`,
      );
  }
  if (found.size === 0) throw new Error('the instance has no IP address');
  return [...found];
}

function linesOf(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

/** Only a MAC address becomes a part of the path of the next request, whatever the listing contains. */
function pathOfInterface(entry: string): string {
  const [mac] = /^([0-9a-f]{2}:){5}[0-9a-f]{2}(?=\/?$)/i.exec(entry) ?? [];
  if (mac !== undefined) return `${INTERFACES}${mac}/`;
  throw new MetadataError(
    'invalid',
    `GET ${INTERFACES}`,
    `returned ${quoted(entry)}, which is not a network interface`,
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
      'invalid',
      `GET ${path}`,
      `returned an invalid list of addresses: ${errorMessage(error)}`,
    );
  }
}

const INTERFACES = 'network/interfaces/macs/';
/** How many interfaces are read in parallel: the service throttles clients that send too many requests at once. */
const BATCH_SIZE = 8;
