import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { ModulesContainer } from '@nestjs/core';
import { AllowedHostsGuard } from 'nestjs-allowed-hosts';
import { digits, goal, median, spread, table } from './figures.mjs';
import {
  AppController,
  browserHeaders,
  hosts,
  start,
} from './request-variants.mjs';
import { freshStrings } from './rounds.mjs';

/** Table 2, first half: gate and guard on real requests, without network and framework. */
export async function run({ quick }) {
  const { rounds, count } = quick
    ? { rounds: 5, count: 500 }
    : { rounds: 60, count: 2_000 };
  const rows = [];
  for (const platform of ['express', 'fastify']) {
    const apps = [
      await start(platform, 'no module'),
      await start(platform, 'this library'),
    ];
    const gate = gateOf(apps[1]);
    const [twice] = makeRequests(1, () => [
      ...browserHeaders(hosts[7]),
      ['Host', hosts[7]],
    ]);
    if (gate.refusal(twice) === undefined)
      throw new Error('two Host lines pass the gate');
    const cases = {
      listed: () => browserHeaders(hosts[7]),
      'with port': () => browserHeaders(`${hosts[7]}:8443`),
      'below a suffix': () => browserHeaders('api.example.org'),
      'with X-Forwarded-Host': () => [
        ...browserHeaders(hosts[7]),
        ['X-Forwarded-Host', hosts[7]],
      ],
    };
    for (const [name, headers] of Object.entries(cases)) {
      const ways = {
        plain: pass(apps[0], platform),
        'with gate and guard': pass(apps[1], platform, true),
      };
      const found = { plain: [], 'with gate and guard': [] };
      for (let round = -10; round < rounds; round++) {
        for (const [way, serve] of Object.entries(ways)) {
          const requests = makeRequests(count, headers);
          const before = process.cpuUsage();
          const startNs = process.hrtime.bigint();
          const served = serve(requests);
          const ns = Number(process.hrtime.bigint() - startNs) / count;
          const { user, system } = process.cpuUsage(before);
          if (served !== count)
            throw new Error(`${name}: the verdict is wrong`);
          if (round >= 0)
            found[way].push({ ns, cpuNs: ((user + system) * 1000) / count });
        }
      }
      const added = found.plain.map(
        ({ ns }, round) => found['with gate and guard'][round].ns - ns,
      );
      const cpu = found.plain.map(
        ({ cpuNs }, round) => found['with gate and guard'][round].cpuNs - cpuNs,
      );
      rows.push({ platform, name, found, added, cpu });
    }
    for (const app of apps) await app.close();
  }
  const listed = rows.filter(({ name }) => name === 'listed');
  const worst = Math.max(
    ...listed.map(({ cpu }) => median(cpu)),
    ...listed.map(({ added }) => median(added)),
  );
  return {
    title: 'Request',
    text: `ns per request: the server's \`request\` event, the gate around it, the gate in the framework, the guard; on \`IncomingMessage\`s with 12 fresh headers, ${rounds} rounds of ${count.toLocaleString('en-US')} in turns. "Plain" is the event and the reading of \`request.headers\`, which every framework does. Two Host lines are refused, which is checked first.`,
    markdown: table(
      [
        'platform',
        'request',
        'plain',
        'with gate and guard',
        'added',
        'added, CPU',
      ],
      rows.map(({ platform, name, found, added, cpu }) => [
        platform,
        name,
        spread(found.plain.map(({ ns }) => ns)),
        spread(found['with gate and guard'].map(({ ns }) => ns)),
        spread(added),
        spread(cpu),
      ]),
    ),
    goals: [
      goal(
        'gate and guard on an ordinary browser request: ≤ 1 µs of CPU',
        `${digits(worst / 1000)} µs`,
        worst <= 1000,
      ),
    ],
  };
}

/** The package does not export it. */
function gateOf(app) {
  return [...app.get(ModulesContainer).values()]
    .flatMap(({ providers }) => [...providers.values()])
    .find(({ name }) => name === 'AllowedHostsGate').instance;
}

function makeRequests(count, headersOf) {
  return Array.from({ length: count }, () => {
    const request = new IncomingMessage(new Socket());
    request.method = 'GET';
    request.url = '/orders';
    const raw = headersOf().flat();
    const fresh = freshStrings(raw.length, (i) => raw[i]);
    request._addHeaderLines(fresh, fresh.length);
    return request;
  });
}

/** What a request passes on its way to a handler; gives how many came through. */
function pass(app, platform, guarded = false) {
  const server = app.getHttpServer();
  const gate = guarded ? gateOf(app) : undefined;
  const guard = guarded
    ? app.get(AllowedHostsGuard, { strict: false })
    : undefined;
  const handler = Reflect.get(AppController.prototype, 'hello');
  let current;
  const context = {
    getType: () => 'http',
    getHandler: () => handler,
    getClass: () => AppController,
    switchToHttp: () => ({ getRequest: () => current }),
  };
  let served = 0;
  const handle = (request) => {
    if (request.headers.host === undefined) return;
    if (!guarded) return void served++;
    current = platform === 'fastify' ? { raw: request } : request;
    if (gate.refusal(current) === undefined && guard.canActivate(context))
      served++;
  };
  server.removeAllListeners('request');
  server.on('request', handle);
  return (requests) => {
    served = 0;
    for (const request of requests) server.emit('request', request, undefined);
    return served;
  };
}
