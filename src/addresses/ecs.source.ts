import type { AddressSource } from './address-source.js';
import { errorMessage } from '../messages/error-message.js';
import { httpEndpoint } from './imds-settings.js';
import { canonicalAddresses } from './canonical-address.js';
import type { Environment } from './machine.js';
import { requestMetadata } from './metadata-client.js';
import { quoted } from '../messages/printable.js';

/** The environment variable by which the agent tells a container where to ask. */
export const ECS_METADATA_URI = 'ECS_CONTAINER_METADATA_URI_V4';

/** Thrown where a load balancer reaches the task at its host's address, which the task metadata does not know. */
export class HostNetworkError extends Error {
  constructor(readonly mode: string) {
    super(
      `a task in network mode ${quoted(mode)} is reached at its instance's address`,
    );
  }
}

/**
 * The addresses of an ECS task in network mode `awsvpc`, on Fargate and on EC2.
 *
 * Anything else than an answer that names the network mode is a failure and never a reason to ask EC2:
 * in an `awsvpc` task that would answer with the addresses of the node.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
 */
export class EcsSource implements AddressSource {
  readonly name = 'ecs';

  constructor(private readonly env: Environment) {}

  /** @throws {HostNetworkError} in any other network mode */
  async addresses(signal: AbortSignal): Promise<readonly string[]> {
    const uri = this.env[ECS_METADATA_URI];
    if (!uri)
      throw new Error(
        `${ECS_METADATA_URI} is not set. This is no ECS task, or its agent is older than 1.39: set addresses.platform to "ec2" or "none"`,
      );
    const url = httpEndpoint(ECS_METADATA_URI, uri);
    url.pathname = url.pathname.slice(0, -1);
    const question = `GET ${url.href}`;
    const answer = await requestMetadata({ method: 'GET', url, signal }).catch(
      (error: unknown) => {
        throw new Error(`${errorMessage(error)}. ${REMEDY}`, { cause: error });
      },
    );
    if (answer.status !== 200)
      throw new Error(
        `${question} was answered with status ${answer.status}. ${REMEDY}`,
      );
    try {
      return awsvpcAddresses(networksOf(answer.body));
    } catch (error) {
      if (error instanceof HostNetworkError) throw error;
      throw new Error(
        `${question} was answered, but ${errorMessage(error)}. That is not ECS task metadata version 4: look for a proxy before it`,
        { cause: error },
      );
    }
  }
}

const REMEDY =
  'Look whether the ECS agent runs, and for a proxy or a firewall before it';

type Network = Readonly<Record<string, unknown>>;

function networksOf(body: string): readonly Network[] {
  let metadata: unknown;
  try {
    metadata = JSON.parse(body);
  } catch {
    throw new Error(`${quoted(body)} is no JSON`);
  }
  const networks = isRecord(metadata) ? metadata['Networks'] : undefined;
  if (!Array.isArray(networks) || networks.length === 0)
    throw new Error('it names no "Networks"');
  if (!networks.every(isRecord)) throw new Error('its "Networks" are none');
  return networks;
}

function awsvpcAddresses(networks: readonly Network[]): readonly string[] {
  const modes = networks.map(({ NetworkMode }) => NetworkMode);
  const awsvpc = networks.filter(({ NetworkMode }) => NetworkMode === 'awsvpc');
  if (awsvpc.length === 0) {
    const [mode] = modes;
    if (typeof mode !== 'string' || mode === '')
      throw new Error('it names no "NetworkMode"');
    throw new HostNetworkError(mode);
  }
  const addresses = canonicalAddresses([
    ...awsvpc.flatMap(({ IPv4Addresses }) => listOf(IPv4Addresses)),
    ...awsvpc.flatMap(({ IPv6Addresses }) => listOf(IPv6Addresses)),
  ]);
  if (addresses.length === 0) throw new Error('it names no address');
  return addresses;
}

function listOf(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : [value].flat();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
