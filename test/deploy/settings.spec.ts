import 'reflect-metadata';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  resolveHealthOptions,
  type ResolvedHealthOptions,
} from '../../src/health/health.options.js';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import { blocksOf } from '../docs/markdown.js';
import { removeSnippets, snippet, writeSnippets } from '../docs/snippets.js';
import { parseTemplate } from './cloudformation.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const yamlOf = (path: string): Json => parse(read(path)) as Json;

/** Parsed YAML. A path that is not there is `undefined`, and no expectation holds for it. */
type Json = { readonly [key: string]: Json } & {
  readonly [index: number]: Json;
};

/** A check by a balancer, in seconds. */
interface Check {
  readonly path: unknown;
  readonly success: unknown;
  readonly interval: unknown;
  readonly unhealthy: unknown;
  readonly timeout: unknown;
}

const beanstalk = yamlOf(
  'deploy/elastic-beanstalk/common/.ebextensions/10-health-check.config',
)['option_settings']?.['aws:elasticbeanstalk:environment:process:default'];
const template = parseTemplate(read('deploy/ecs/service.yaml'));
const propertiesOf = (name: string) =>
  template.Resources[name]?.Properties as Json | undefined;
const targetGroup = propertiesOf('TargetGroup');
const task = propertiesOf('TaskDefinition')?.['ContainerDefinitions']?.[0];
const pod = yamlOf('deploy/kubernetes/deployment.yaml')['spec']?.['template']?.[
  'spec'
];
const container = pod?.['containers']?.[0];
const annotationsOf = (file: string) =>
  yamlOf(`deploy/kubernetes/${file}`)['metadata']?.['annotations'];
const alb = annotationsOf('ingress.yaml');
const nlb = annotationsOf('service-nlb.yaml');
const ALB = 'alb.ingress.kubernetes.io';
const NLB = 'service.beta.kubernetes.io/aws-load-balancer';

/** Everything that takes instances out of a balancer. */
const CHECKS: Readonly<Record<string, Check>> = {
  'Elastic Beanstalk': {
    path: beanstalk?.['HealthCheckPath'],
    success: beanstalk?.['MatcherHTTPCode'],
    interval: beanstalk?.['HealthCheckInterval'],
    unhealthy: beanstalk?.['UnhealthyThresholdCount'],
    timeout: beanstalk?.['HealthCheckTimeout'],
  },
  ECS: {
    path: targetGroup?.['HealthCheckPath'],
    success: targetGroup?.['Matcher']?.['HttpCode'],
    interval: targetGroup?.['HealthCheckIntervalSeconds'],
    unhealthy: targetGroup?.['UnhealthyThresholdCount'],
    timeout: targetGroup?.['HealthCheckTimeoutSeconds'],
  },
  'Kubernetes, ALB': {
    path: alb?.[`${ALB}/healthcheck-path`],
    success: alb?.[`${ALB}/success-codes`],
    interval: alb?.[`${ALB}/healthcheck-interval-seconds`],
    unhealthy: alb?.[`${ALB}/unhealthy-threshold-count`],
    timeout: alb?.[`${ALB}/healthcheck-timeout-seconds`],
  },
  'Kubernetes, NLB': {
    path: nlb?.[`${NLB}-healthcheck-path`],
    success: nlb?.[`${NLB}-healthcheck-success-codes`],
    interval: nlb?.[`${NLB}-healthcheck-interval`],
    unhealthy: nlb?.[`${NLB}-healthcheck-unhealthy-threshold`],
    timeout: nlb?.[`${NLB}-healthcheck-timeout`],
  },
  'Kubernetes, readiness': {
    path: container?.['readinessProbe']?.['httpGet']?.['path'],
    success: 200,
    interval: container?.['readinessProbe']?.['periodSeconds'],
    unhealthy: container?.['readinessProbe']?.['failureThreshold'],
    timeout: container?.['readinessProbe']?.['timeoutSeconds'],
  },
};

/** What happens between the signal to end and the kill, in seconds. */
const ENDS = {
  ECS: { before: 0, kill: task?.['StopTimeout'] },
  Kubernetes: {
    before: container?.['lifecycle']?.['preStop']?.['sleep']?.['seconds'],
    kill: pod?.['terminationGracePeriodSeconds'],
  },
} as const;

describe('the files in deploy/', () => {
  let health: ResolvedHealthOptions;

  beforeAll(async () => {
    const blocks = blocksOf(read('docs/deploying.md'));
    writeSnippets(
      blocks.filter(({ language }) => language === 'ts'),
      {},
    );
    process.env['ALLOWED_HOSTS'] = 'example.com';
    const { options } = await snippet<{ options: { health: object } }>(
      'deployed.module.ts',
    );
    delete process.env['ALLOWED_HOSTS'];
    health = resolveHealthOptions(options.health);
  });
  afterAll(removeSnippets);

  describe.each(Object.entries(CHECKS))('the check of %s', (_, check) => {
    it('requests the path of readiness and takes exactly 200', () => {
      expect(check.path).toBe(`/${health.path}`);
      expect(Number(check.success)).toBe(200);
    });

    it('waits longer than an indicator may take, and not until the next check', () => {
      expect(Number(check.timeout) * 1000).toBeGreaterThan(health.timeoutMs);
      expect(Number(check.timeout)).toBeLessThan(Number(check.interval));
    });

    it('detects the drain before the grace is over', () => {
      expect(
        Number(check.interval) * Number(check.unhealthy) * 1000,
      ).toBeLessThan(health.gracefulShutdownTimeoutMs);
    });
  });

  it.each(Object.entries(ENDS))(
    '%s kills the process after its own end',
    (_, { before, kill }) => {
      const { gracefulShutdownTimeoutMs, forceCloseAfterMs } = health;
      expect(Number(kill) * 1000).toBeGreaterThan(
        Number(before) * 1000 + gracefulShutdownTimeoutMs + forceCloseAfterMs,
      );
      expect(Number(kill)).toBeLessThanOrEqual(120); // the most that Fargate takes
    },
  );

  it.each(['startupProbe', 'livenessProbe'])(
    'the %s requests the path of liveness',
    (probe) => {
      expect(container?.[probe]?.['httpGet']).toEqual({
        path: `/${health.livenessPath}`,
        port: 'http',
      });
    },
  );

  it('the check of the container in ECS requests the path of liveness by localhost', () => {
    expect(task?.['HealthCheck']?.['Command']?.[3]).toContain(
      `'http://localhost:3000/${health.livenessPath}'`,
    );
  });

  it('name one port for each platform', () => {
    const portOf = (path: string, pattern: RegExp) =>
      pattern.exec(read(path))?.[1];
    const port = portOf('deploy/docker/Dockerfile', /PORT=(\d+)/);
    expect(port).toBe('3000');
    expect(portOf('deploy/docker/Dockerfile', /^EXPOSE (\d+)$/m)).toBe(port);
    expect(portOf('deploy/nginx/shop.conf', /127\.0\.0\.1:(\d+)/)).toBe(port);
    for (const found of [
      task?.['PortMappings']?.[0]?.['ContainerPort'],
      targetGroup?.['Port'],
      propertiesOf('Service')?.['LoadBalancers']?.[0]?.['ContainerPort'],
      container?.['ports']?.[0]?.['containerPort'],
      yamlOf('deploy/kubernetes/service.yaml')['spec']?.['ports']?.[0]?.[
        'targetPort'
      ],
      yamlOf('deploy/kubernetes/service-nlb.yaml')['spec']?.['ports']?.[0]?.[
        'targetPort'
      ],
    ])
      expect(found).toBe(Number(port));
  });

  it('pass the health path of nginx', () => {
    const path = `/${health.path}`;
    expect(read('deploy/nginx/shop.conf')).toContain(`location = ${path} {`);
    const folder = 'deploy/elastic-beanstalk/names-in-nginx/.platform/nginx';
    expect(read(`${folder}/conf.d/known-hosts.conf`)).toContain(`"0 ${path}"`);
  });

  it('ignore application 4xx as Elastic Beanstalk documents it', () => {
    const [setting] = yamlOf(
      'deploy/elastic-beanstalk/ignore-4xx/.ebextensions/30-ignore-4xx.config',
    )['option_settings'] as unknown as readonly object[];
    expect(setting).toEqual({
      namespace: 'aws:elasticbeanstalk:healthreporting:system',
      option_name: 'ConfigDocument',
      value: {
        Version: 1,
        Rules: {
          Environment: {
            Application: { ApplicationRequests4xx: { Enabled: false } },
          },
        },
      },
    });
  });

  const hasCurl = spawnSync('curl', ['--version']).status === 0;
  const withCurl = hasCurl ? it : it.skip;
  if (!hasCurl)
    it('skip the command for the hop limit without curl', () => undefined);

  withCurl('raise the hop limit of the instance that they run on', async () => {
    const imds = await FakeEc2Metadata.start();
    const folder = mkdtempSync(join(tmpdir(), 'hop-limit-'));
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/aws'), '#!/bin/sh\necho "$@" > called\n');
    chmodSync(join(folder, 'bin/aws'), 0o755);
    const { commands } = yamlOf(
      'deploy/elastic-beanstalk/docker/.ebextensions/30-metadata-hop-limit.config',
    ) as unknown as { commands: Record<string, { command: string }> };
    const command = commands['10_metadata_hop_limit']?.command?.replace(
      'http://169.254.169.254',
      imds.url,
    );
    const shell = spawn('sh', ['-c', command ?? ''], {
      cwd: folder,
      env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` },
      stdio: 'inherit',
    });
    expect(await once(shell, 'exit')).toEqual([0, null]);
    expect(readFileSync(join(folder, 'called'), 'utf8')).toBe(
      'ec2 modify-instance-metadata-options --region eu-central-1 --instance-id i-0123456789abcdef0 --http-tokens required --http-put-response-hop-limit 2\n',
    );
    await imds.stop();
    rmSync(folder, { recursive: true });
  });
});
