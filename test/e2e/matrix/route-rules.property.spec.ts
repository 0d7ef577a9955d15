import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  All,
  Controller,
  Get,
  Post,
  RequestMethod,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import fc from 'fast-check';
import {
  AllowAnyHost,
  AllowedHostsModule,
  AllowHosts,
} from '../../../src/index.js';
import {
  platforms,
  start,
  stopAll,
  type RunningApp,
} from '../../support/app.js';

const LISTED = 'example.com';
const RULED = 'ruled.example';

interface HandlerPlan {
  readonly method: 'GET' | 'POST' | 'ALL';
  readonly path: string;
  readonly version: '1' | '2' | undefined;
  readonly rule: 'any' | 'hosts' | undefined;
}
interface ControllerPlan {
  readonly path: string;
  readonly host: string | undefined;
  readonly version: '1' | typeof VERSION_NEUTRAL | undefined;
  readonly rule: 'any' | undefined;
  readonly handlers: readonly HandlerPlan[];
}
interface Plan {
  readonly prefix: string | undefined;
  readonly excluded: string | undefined;
  readonly versioning: VersioningType | undefined;
  readonly mounted: boolean;
  readonly controllers: readonly ControllerPlan[];
}

const paths = {
  express: ['', 'a', 'b', ':p', 'a/:p', 'file.txt', '*rest', 'a{/:q}', 'x-:p'],
  fastify: ['', 'a', 'b', ':p', 'a/:p', 'file.txt', '*', 'a/:q?', 'x-:p'],
};

const planFor = (platform: keyof typeof paths): fc.Arbitrary<Plan> =>
  fc.record({
    prefix: fc.constantFrom(undefined, undefined, 'api'),
    excluded: fc.constantFrom(undefined, 'a', 'b/a'),
    versioning: fc.constantFrom(
      undefined,
      undefined,
      VersioningType.URI,
      VersioningType.HEADER,
      VersioningType.MEDIA_TYPE,
      VersioningType.CUSTOM,
    ),
    mounted: fc.boolean(),
    controllers: fc.array(
      fc.record({
        path: fc.constantFrom('', 'a', 'b', ':c'),
        host: fc.constantFrom(undefined, undefined, undefined, LISTED, RULED),
        version: fc.constantFrom(undefined, '1' as const, VERSION_NEUTRAL),
        rule: fc.constantFrom(undefined, undefined, 'any' as const),
        handlers: fc.array(
          fc.record({
            method: fc.constantFrom('GET', 'GET', 'POST', 'ALL'),
            path: fc.constantFrom(...paths[platform]),
            version: fc.constantFrom(undefined, undefined, '1', '2'),
            rule: fc.constantFrom(undefined, 'any', 'hosts'),
          }),
          { minLength: 1, maxLength: 3 },
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }) as fc.Arbitrary<Plan>;

const segment = fc.constantFrom('a', 'b', 'api', 'v1', 'v2', 'file.txt', 'q');
const plainTarget = fc
  .array(segment, { maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`);
const spelling = fc.constantFrom(
  ...';|//|/./|/../|%2f|%5C|\\|%2e|%00|%0a|#|/%2e%2e/|;/|/;|%E2%80%A8|%zz'.split(
    '|',
  ),
);
const oddTarget = fc
  .tuple(plainTarget, spelling, plainTarget)
  .map(([left, odd, right]) => `${left}${odd}${right.slice(1)}`);

/** Targets that the routes of a plan may have, with and without prefix, version and module path. */
function likelyTargets(plan: Plan): string[] {
  const filled = (path: string, value: string) =>
    path.replace(/\{\/:q\}|\/:q\?/g, `/${value}`).replace(/:\w+|\*\w*/g, value);
  return plan.controllers.flatMap(({ path, handlers }) =>
    handlers.flatMap((handler) =>
      ['a', 'q', 'file.txt'].map(
        (value) =>
          `/${[
            handler.path.startsWith('*') ? undefined : plan.prefix,
            plan.versioning === VersioningType.URI && handler.version
              ? `v${handler.version}`
              : undefined,
            plan.mounted ? 'b' : undefined,
            filled(path, value),
            filled(handler.path, value),
          ]
            .filter(Boolean)
            .join('/')}`,
      ),
    ),
  );
}

const requestFor = (plan: Plan) =>
  fc.record({
    method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'DELETE'),
    target: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...likelyTargets(plan)) },
      { weight: 2, arbitrary: plainTarget },
      { weight: 1, arbitrary: plainTarget.map((path) => `${path}?x=/a`) },
      { weight: 1, arbitrary: plainTarget.map((path) => `${path}/`) },
      { weight: 2, arbitrary: oddTarget },
    ),
    version: fc.constantFrom(undefined, '1', '2'),
  });

/** A plan, and requests to it. */
const caseFor = (platform: keyof typeof paths) =>
  planFor(platform).chain((plan) =>
    fc.record({
      plan: fc.constant(plan),
      requests: fc.array(requestFor(plan), { minLength: 25, maxLength: 25 }),
    }),
  );

/** The code of the application that ran: `ruled …` and `unruled …` handlers, `other …` everything else. */
let ran: string[] = [];

function controllerOf(plan: ControllerPlan, index: number): Type {
  class PlannedController {}
  const decorators = { GET: Get, POST: Post, ALL: All };
  for (const [i, handler] of plan.handlers.entries()) {
    const rule = handler.rule ?? plan.rule;
    const name = `handler${i}`;
    const value = () => {
      ran.push(`${rule ? 'ruled' : 'unruled'} ${index}.${i}`);
      return 'handled';
    };
    Object.defineProperty(PlannedController.prototype, name, { value });
    const apply = (decorator: MethodDecorator) =>
      decorator(PlannedController.prototype, name, { value });
    apply(decorators[handler.method](handler.path));
    if (handler.version) apply(Version(handler.version));
    if (handler.rule === 'any') apply(AllowAnyHost());
    if (handler.rule === 'hosts') apply(AllowHosts(RULED, LISTED));
  }
  if (plan.rule === 'any') AllowAnyHost()(PlannedController);
  const { path, host, version } = plan;
  Controller({
    path,
    ...(host && { host }),
    ...(version && { version }),
  })(PlannedController);
  return PlannedController;
}

type Handle = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => void;

/** Middleware and routes that are not Nest's, at paths that the controllers' parameters reach, too. */
function addOthers(app: INestApplication): void {
  const file: Handle = (incoming, response, next) =>
    new URL(incoming.url ?? '/', 'http://base.invalid').pathname === '/file.txt'
      ? response.end('other file')
      : next();
  app.use(file);
  app.use('/q', ((_incoming, response) => {
    ran.push('other mounted');
    response.end('other mounted');
  }) satisfies Handle);
  const instance = app.getHttpAdapter().getInstance() as {
    get(
      path: string,
      handler: (...args: { send(text: string): void }[]) => void,
    ): void;
  };
  instance.get('/v2/b', (_request, reply) => {
    ran.push('other route');
    reply?.send('other route');
  });
}

async function open(
  plan: Plan,
  platform: (typeof platforms)[number],
): Promise<RunningApp | undefined> {
  class InnerModule {}
  const inner = {
    module: InnerModule,
    controllers: plan.controllers.map(controllerOf),
  };
  const root = {
    module: class AppModule {},
    imports: [
      AllowedHostsModule.forRoot({
        hosts: LISTED,
        addresses: false,
        health: false,
      }),
      ...(plan.mounted
        ? [RouterModule.register([{ path: 'b', module: InnerModule }])]
        : []),
      inner,
    ],
  };
  try {
    return await start(root, platform, (app) => {
      const { prefix, excluded, versioning } = plan;
      if (prefix)
        app.setGlobalPrefix(prefix, {
          exclude: excluded
            ? [{ path: excluded, method: RequestMethod.GET }]
            : [],
        });
      const options = {
        header: 'x-version',
        key: 'v=',
        extractor: (incoming: unknown) =>
          (incoming as IncomingMessage).headers['x-version'] as string,
      };
      if (versioning !== undefined)
        app.enableVersioning({ type: versioning, ...options } as Parameters<
          INestApplication['enableVersioning']
        >[0]);
      addOthers(app);
    });
  } catch (error) {
    // Two routes of the plan may be the same one, which Fastify refuses.
    if (
      /already declared|duplicat|conflict|wildcard|optional/i.test(
        String(error),
      )
    )
      return undefined;
    throw error;
  }
}

async function send(
  app: RunningApp,
  {
    method,
    target,
    version,
  }: { method: string; target: string; version: string | undefined },
  host: string,
) {
  ran = [];
  const headers = version
    ? [`X-Version: ${version}`, `Accept: application/json;v=${version}`]
    : [];
  const { status, body } = await app.request(method, target, host, headers);
  return { status, body, ran };
}

const PLAIN = /^(?:\/\w[\w.-]*)*\/?(?:\?.*)?$/;

describe('a route rule', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterAll(stopAll);

    it('allows all of its own route and nothing else', async () => {
      let opened = 0;
      await fc.assert(
        fc.asyncProperty(caseFor(platform.name), async ({ plan, requests }) => {
          const app = await open(plan, platform);
          if (app === undefined) return;
          try {
            for (const one of requests) {
              const foreign = await send(app, one, RULED);
              // Only ruled handlers run and respond.
              expect(
                foreign.ran.filter((what) => !what.startsWith('ruled')),
              ).toEqual([]);
              expect(foreign.body).not.toContain('other');
              if (foreign.ran.length > 0) opened++;
              else expect([400, 404]).toContain(foreign.status);
              if (!PLAIN.test(one.target)) {
                expect(foreign).toMatchObject({ status: 400, ran: [] });
                continue;
              }
              if (plan.controllers.some(({ host }) => host !== undefined))
                continue;
              // The router's choice does not depend on the host, so a request with the listed host shows it.
              const listed = await send(app, one, LISTED);
              if (
                listed.body.includes('other') ||
                listed.ran.some((what) => what.startsWith('other'))
              )
                continue;
              const handler = listed.ran.at(-1);
              if (handler?.startsWith('ruled') && listed.status < 400)
                expect(foreign.ran).toEqual(listed.ran);
            }
          } finally {
            await app.app.close();
          }
        }),
        { numRuns: Number(process.env['WIDTH_RUNS'] ?? 40), seed: 11 },
      );
      expect(opened).toBeGreaterThan(100);
    });
  });
});
