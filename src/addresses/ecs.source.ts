import { errorMessage } from '../messages/error-message.js';
import { isRecord } from '../messages/is-record.js';
import { quoted } from '../messages/printable.js';
import type { AddressSource } from './address-source.js';
import { canonicalAddresses } from './canonical-address.js';
import { httpEndpoint } from './imds-settings.js';
import type { Environment } from './machine.js';
import { requestMetadata } from './metadata-client.js';
import { ECS_METADATA_URI } from './platform.js';

/** A task without a network interface of its own: task metadata does not contain the address of its host. */
export class HostNetworkError extends Error {
  constructor(readonly mode: string) {
    super(
      `load balancers reach a task in network mode ${quoted(mode)} at the address of its instance`,
    );
  }
}

/**
 * The addresses of an ECS task in network mode `awsvpc`, on Fargate and on EC2.
 *
 * A failed request never falls back to EC2: for an `awsvpc` task, EC2 would return the addresses of the node. Only a
 * response with another network mode does.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
 */
export class EcsSource implements AddressSource {
  readonly name = 'ecs';
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** @throws {HostNetworkError} in any other network mode */
  async addresses(signal: AbortSignal): Promise<readonly string[]> {
    const uri = this.#env[ECS_METADATA_URI];
    if (!uri)
      throw new Error(
        `${ECS_METADATA_URI} is not set: this is not an ECS task, or its agent is older than 1.39. Set addresses.platform to "ec2" or "none"`,
      );
    const url = httpEndpoint(ECS_METADATA_URI, uri);
    url.pathname = url.pathname.slice(0, -1);
    const body = await requestBody(url, signal);
    try {
      return awsvpcAddresses(parseNetworks(body));
    } catch (error) {
      if (error instanceof HostNetworkError) throw error;
      throw new Error(
        `GET ${url.href} returned an invalid response: ${errorMessage(error)}. This is not ECS task metadata version 4: check for a proxy in front of it`,
      );
    }
  }
}

async function requestBody(url: URL, signal: AbortSignal): Promise<string> {
  const { status, body } = await requestMetadata({
    method: 'GET',
    url,
    signal,
  }).catch((error: unknown) => {
    throw new Error(`${errorMessage(error)}. ${REMEDY}`);
  });
  if (status === 200) return body;
  throw new Error(`GET ${url.href} returned status ${status}. ${REMEDY}`);
}

type Network = Readonly<Record<string, unknown>>;

function parseNetworks(body: string): readonly Network[] {
  let metadata: unknown;
  try {
    metadata = JSON.parse(body);
  } catch {
    throw new Error(`${quoted(body)} is not JSON`);
  }
  const networks = isRecord(metadata) ? metadata['Networks'] : undefined;
  if (!Array.isArray(networks) || networks.length === 0)
    throw new Error('it has no "Networks"');
  if (!networks.every(isRecord))
    throw new Error('its "Networks" are not objects');
  return networks;
}

function awsvpcAddresses(networks: readonly Network[]): readonly string[] {
  const awsvpc = networks.filter(({ NetworkMode }) => NetworkMode === 'awsvpc');
  if (awsvpc.length === 0) {
    const [mode] = networks.map(({ NetworkMode }) => NetworkMode);
    if (typeof mode !== 'string' || mode === '')
      throw new Error('it has no "NetworkMode"');
    throw new HostNetworkError(mode);
  }
  const addresses = canonicalAddresses([
    ...awsvpc.flatMap(({ IPv4Addresses }) => listOf(IPv4Addresses)),
    ...awsvpc.flatMap(({ IPv6Addresses }) => listOf(IPv6Addresses)),
  ]);
  if (addresses.length === 0) throw new Error('it has no IP address');
  return addresses;
}

function listOf(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : [value].flat();
}

const REMEDY =
  'Check whether the ECS agent runs, and whether a proxy or a firewall is in front of it';
