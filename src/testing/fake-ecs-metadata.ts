import type { IncomingMessage } from 'node:http';
import type { FakeEcsNetwork } from './fake-ecs.options.js';
import { FakeService } from './fake-service.js';
import type { FakeServiceOptions } from './fake-service.options.js';
import type { Reply } from './reply.js';

/**
 * A fake of the ECS task metadata service, version 4, on this machine.
 *
 * @example
 * ```ts
 * const task = await FakeEcsMetadata.start({ ipv4: ['10.0.7.4'], ipv6: ['2600:1f14::4'] });
 * Object.assign(process.env, task.env);
 * task.network = { mode: 'host' }; // load balancers use the address of its instance
 * await task.stop();
 * ```
 */
export class FakeEcsMetadata extends FakeService {
  /** The network of the task. Another value takes effect at once. */
  network: FakeEcsNetwork;

  private constructor(network: FakeEcsNetwork) {
    super();
    this.network = network;
  }

  /**
   * Starts the service, by default on 127.0.0.1 and a free port.
   *
   * @throws {Error} if it cannot listen there, e.g. because the port is in use
   */
  static async start(
    options: FakeEcsNetwork & FakeServiceOptions = {},
  ): Promise<FakeEcsMetadata> {
    const fake = new FakeEcsMetadata(options);
    await fake.listen(options);
    return fake;
  }

  /** The environment variable that the ECS agent sets in a container. */
  get env(): { ECS_CONTAINER_METADATA_URI_V4: string } {
    return { ECS_CONTAINER_METADATA_URI_V4: `${this.url}${CONTAINER}` };
  }

  /** @hidden */
  protected reply({ method, url }: IncomingMessage): Reply {
    if (method !== 'GET') return json(405, 'Method Not Allowed');
    if (url === CONTAINER) return json(200, this.#container());
    if (url === `${CONTAINER}/task`)
      return json(200, {
        Cluster: 'fake',
        TaskARN: 'arn:aws:ecs:eu-central-1:123456789012:task/fake/fake',
        Containers: [this.#container()],
      });
    return json(404, 'Not Found');
  }

  #container(): object {
    const { mode = 'awsvpc', ipv4, ipv6 } = this.network;
    const addresses = ipv4 ?? (ipv6 ? undefined : defaultAddresses(mode));
    return {
      DockerId: 'fake-container',
      Name: 'app',
      DesiredStatus: 'RUNNING',
      KnownStatus: 'RUNNING',
      Networks: [
        { NetworkMode: mode, IPv4Addresses: addresses, IPv6Addresses: ipv6 },
      ],
    };
  }
}

function defaultAddresses(mode: FakeEcsNetwork['mode']): readonly string[] {
  if (mode === 'awsvpc') return ['10.0.7.4'];
  // The agent forwards the address from Docker, which is empty in host mode.
  return mode === 'host' || mode === 'none' ? [''] : ['172.17.0.2'];
}

function json(status: number, body: unknown): Reply {
  const headers = { 'content-type': 'application/json' };
  return { status, body: JSON.stringify(body), headers };
}

const CONTAINER = '/v4/fake-container';
