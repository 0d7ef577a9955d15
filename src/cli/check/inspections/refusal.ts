import { mayBeCached, placesOf } from '../compare.js';
import { listed, problem, type Finding } from '../finding.js';
import { FOREIGN_HOST } from '../probe.js';
import { statusOf, type Results } from '../results.js';

/** Whether refusals tell something, may be stored, or look like failures. */
export function inspectRefusals(results: Results): readonly Finding[] {
  return [
    ...tells(results),
    ...cacheable(results),
    ...fails(results),
    ...silent(results),
  ];
}

function refusals(results: Results) {
  return results
    .of('foreign')
    .filter((result) => results.outcome(result) === 'refused')
    .flatMap(({ probe, exchange }) =>
      exchange?.kind === 'response' ? [{ probe, response: exchange }] : [],
    );
}

function tells(results: Results): readonly Finding[] {
  const { ownName } = results.target;
  // The other requests contain both hosts.
  const rows = refusals(results)
    .filter(({ probe }) => probe.request.hosts.join() === FOREIGN_HOST)
    .map(({ probe, response }) => ({
      probe,
      repeats: placesOf(response, FOREIGN_HOST).length > 0,
      reveals: placesOf(response, ownName).length > 0,
    }))
    .filter(({ repeats, reveals }) => repeats || reveals);
  const what = [
    ...(rows.some(({ repeats }) => repeats)
      ? ['repeats the host of the request']
      : []),
    ...(rows.some(({ reveals }) => reveals)
      ? [`names ${ownName}, an allowed host`]
      : []),
  ];
  return problem(
    'refusal-tells-host',
    rows.map(({ probe }) => probe),
    `A refusal ${listed(what)}. An attacker learns from it, or puts a text of theirs into it.`,
    [
      'Respond with a fixed text. Write the host into the log instead. In Django, DEBUG = False does so.',
    ],
  );
}

function cacheable(results: Results): readonly Finding[] {
  // An absolute target may get 404 because it is no path.
  const rows = refusals(results).filter(
    ({ probe, response }) =>
      probe.topic !== 'absolute-target' && mayBeCached(response),
  );
  return problem(
    'refusal-cacheable',
    rows.map(({ probe }) => probe),
    `A cache may store a refusal (${listed(rows.map(({ response }) => statusOf(response)))}) and send it to your own visitors.`,
    [
      'Send Cache-Control: no-store with every refusal, or refuse with 400, which caches do not store by themselves.',
    ],
  );
}

function fails(results: Results): readonly Finding[] {
  const failed = results
    .responses('foreign')
    .filter(({ response }) => response.status >= 500)
    .filter(({ probe, response }) => {
      const own = results.own(probe.topic);
      return own?.kind !== 'response' || own.status !== response.status;
    });
  return problem(
    'refusal-5xx',
    failed.map(({ probe }) => probe),
    `A foreign host is refused with ${listed(failed.map(({ response }) => statusOf(response)))}. Every scanner then raises the alarm for server errors.`,
    [
      'Refuse with 400 or 421. If the server throws an error, catch it and respond with one of these.',
    ],
  );
}

function silent(results: Results): readonly Finding[] {
  const probes = results
    .of('foreign', 'page')
    .filter(({ exchange }) => exchange?.kind === 'none')
    .map(({ probe }) => probe);
  return problem(
    'refusal-silent',
    probes,
    'A foreign host gets no response. Behind a load balancer, its client gets 502, and the load balancer counts an error of your server.',
    ['Respond with 400 or 421. nginx: return 421; instead of return 444;'],
  );
}
