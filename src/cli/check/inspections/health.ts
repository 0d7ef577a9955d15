import { mayBeCached } from '../compare.js';
import { listed, problem, type Finding } from '../finding.js';
import { statusOf, type Answered, type Results } from '../results.js';
import { allowProbes } from './remedies.js';

/** Whether every prober gets exactly 200 on the health route, and soon enough. */
export function inspectHealth(results: Results): readonly Finding[] {
  const path = results.target.healthPath;
  const answered = results.responses('health', 'health');
  const own = results.responses('own', 'health');
  if (isMissing(answered, own))
    return problem(
      'health-missing',
      [...answered, ...own].map(({ probe }) => probe),
      `There is no health route: your own host gets 404 on ${path}.`,
      [
        'If the route has another path, name it: --health /path. A global prefix of the application moves it, for instance to /api/health.',
        'nestjs-allowed-hosts registers /health by itself.',
      ],
    );
  return [
    ...refused(results, answered),
    ...redirected(path, answered),
    ...otherStatus(path, answered),
    ...down(path, [...answered, ...own]),
    ...silent(path, results),
    ...slow(path, answered),
    ...cacheable(path, answered),
  ];
}

function isMissing(
  answered: readonly Answered[],
  own: readonly Answered[],
): boolean {
  const isFound = answered.some(({ response }) => response.status !== 404);
  return own.length === 0
    ? answered.length > 0 && !isFound
    : own.every(({ response }) => response.status === 404) &&
        !answered.some(({ response }) => response.status === 200);
}

function refused(
  { target }: Results,
  answered: readonly Answered[],
): readonly Finding[] {
  const rows = answered.filter(({ response }) => inClass(response.status, 4));
  return problem(
    'health-refused',
    probesOf(rows),
    `The health check of ${whosOf(rows)} gets ${statusesOf(rows)} on ${target.healthPath}, so the target is unhealthy.`,
    allowProbes(target.healthPath, target.ownName),
  );
}

function redirected(
  path: string,
  answered: readonly Answered[],
): readonly Finding[] {
  const rows = answered.filter(({ response }) => inClass(response.status, 3));
  return problem(
    'health-redirected',
    probesOf(rows),
    `The health check of ${whosOf(rows)} is redirected (${statusesOf(rows)}). Load balancers do not follow redirects, and expect 200.`,
    [
      `Do not redirect ${path}: exempt it from the redirect to HTTPS or to another host, in the proxy and in the application.`,
    ],
  );
}

function otherStatus(
  path: string,
  answered: readonly Answered[],
): readonly Finding[] {
  const rows = answered.filter(
    ({ response }) => response.status !== 200 && inClass(response.status, 2),
  );
  return problem(
    'health-status',
    probesOf(rows),
    `${path} gets ${statusesOf(rows)}. A load balancer of AWS expects exactly 200 unless told otherwise.`,
    [
      `Respond with 200 on ${path}, or set the success codes of the target group (Matcher).`,
    ],
  );
}

function down(path: string, answered: readonly Answered[]): readonly Finding[] {
  const rows = answered.filter(({ response }) => inClass(response.status, 5));
  return problem(
    'health-down',
    probesOf(rows),
    `${path} reports that the application is down: ${statusesOf(rows)}.`,
    [
      `The host was not the reason if every host gets this. Read the body of the response and the log: a check of ${path} may have failed, or the application stops.`,
    ],
  );
}

function silent(path: string, results: Results): readonly Finding[] {
  const rows = results
    .of('health', 'health')
    .filter(({ exchange }) => exchange?.kind === 'none');
  return problem(
    'health-silent',
    rows.map(({ probe }) => probe),
    `The health check of ${listed(rows.map(({ probe }) => probe.who))} gets no response on ${path}.`,
    [
      `Let ${path} respond at once: give each of its checks a time limit below that of the load balancer (ALB 5 s, kubelet 1 s).`,
    ],
  );
}

function slow(path: string, answered: readonly Answered[]): readonly Finding[] {
  const rows = answered.filter(
    ({ probe, response }) => response.ms > (probe.limitMs ?? Infinity),
  );
  const limits = rows.map(
    ({ probe, response }) =>
      `${probe.who} (${response.ms} ms, it waits ${probe.limitMs} ms)`,
  );
  return problem(
    'health-slow',
    probesOf(rows),
    `${path} responds later than these probers wait by default: ${listed(limits)}.`,
    [
      `Let ${path} respond sooner: limit the time of its checks (health.timeoutMs in nestjs-allowed-hosts), or serve a recent result (health.cacheMs).`,
      'Or raise the timeout of the health check in the load balancer, or timeoutSeconds of the probe.',
    ],
  );
}

function cacheable(
  path: string,
  answered: readonly Answered[],
): readonly Finding[] {
  const rows = answered.filter(
    ({ response }) => response.status === 200 && mayBeCached(response),
  );
  return problem(
    'health-cacheable',
    probesOf(rows),
    `A cache may store the response of ${path}, and report health when the application is down.`,
    [`Send Cache-Control: no-store on ${path}.`],
  );
}

function inClass(status: number, hundreds: number): boolean {
  return Math.floor(status / 100) === hundreds;
}

function probesOf(rows: readonly Answered[]) {
  return rows.map(({ probe }) => probe);
}

function whosOf(rows: readonly Answered[]): string {
  return listed(rows.map(({ probe }) => probe.who));
}

function statusesOf(rows: readonly Answered[]): string {
  return listed(rows.map(({ response }) => statusOf(response)));
}
