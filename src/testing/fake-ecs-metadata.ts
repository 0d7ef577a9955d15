import type { IncomingMessage } from 'node:http';
import { FakeService, type FakeServiceOptions } from './fake-service.js';
import type { Reply } from './fault.js';

/** What the fake task's network is. */
export interface FakeEcsNetwork {
  /** Default `awsvpc`, as on Fargate. */
  readonly mode?: 'awsvpc' | 'bridge' | 'host' | 'default' | 'none';
  /** Left out of the answer if not given; if neither is, the mode's usual one (`awsvpc`: 10.0.7.4). */
  readonly ipv4?: readonly string[];
  readonly ipv6?: readonly string[];
}

const CONTAINER = '/v4/fake-container';

/**
 * The ECS task metadata service, version 4, on this machine.
 *
 * @example
 * ```ts
 * const task = await FakeEcsMetadata.start({ ipv4: ['10.0.7.4'], ipv6: ['2600:1f14::4'] });
 * Object.assign(process.env, task.env);
 * task.network = { mode: 'host' }; // reached at its instance's address
 * await task.stop();
 * ```
 */
export class FakeEcsMetadata extends FakeService {
  private constructor(
    /** The task's network from now on. */
    public network: FakeEcsNetwork,
  ) {
    super();
  }

  /** Listens, on 127.0.0.1 and a free port unless told otherwise. */
  static async start(
    options: FakeEcsNetwork & FakeServiceOptions = {},
  ): Promise<FakeEcsMetadata> {
    const fake = new FakeEcsMetadata(options);
    await fake.listen(options);
    return fake;
  }

  /** The environment that the ECS agent gives to a container. */
  get env(): { ECS_CONTAINER_METADATA_URI_V4: string } {
    return { ECS_CONTAINER_METADATA_URI_V4: `${this.url}${CONTAINER}` };
  }

  /** @internal */
  protected reply({ method, url }: IncomingMessage): Reply {
    if (method !== 'GET') return json(405, 'Method Not Allowed');
    if (url === CONTAINER) return json(200, this.container());
    if (url === `${CONTAINER}/task`)
      return json(200, {
        Cluster: 'fake',
        TaskARN: 'arn:aws:ecs:eu-central-1:123456789012:task/fake/fake',
        Containers: [this.container()],
      });
    return json(404, 'Not Found');
  }

  private container(): object {
    const { mode = 'awsvpc', ipv4, ipv6 } = this.network;
    const addresses = ipv4 ?? (ipv6 ? undefined : usual(mode));
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

function usual(mode: FakeEcsNetwork['mode']): readonly string[] {
  if (mode === 'awsvpc') return ['10.0.7.4'];
  // The agent sends on what Docker tells it, which in host mode is an empty address.
  return mode === 'host' || mode === 'none' ? [''] : ['172.17.0.2'];
}

function json(status: number, body: unknown): Reply {
  const headers = { 'content-type': 'application/json' };
  return { status, body: JSON.stringify(body), headers };
}
