/**
 * The parts of `src/` that mutation testing covers.
 *
 * - `sources`: folders and files of the room
 * - `specs`: the spec files that can notice a mutant, quick ones first; a run ends at the first failure
 * - `minimum`: the score in percent below which a run fails
 */
export const rooms = {
  hosts: {
    sources: ['src/hosts/'],
    minimum: 95,
    specs: [
      'test/hosts/conformance.spec.ts',
      'test/hosts/faults.spec.ts',
      'test/hosts/predicates.spec.ts',
      'test/hosts/forwarded.spec.ts',
      'test/hosts/patterns.spec.ts',
      'test/hosts/long-lists.spec.ts',
      'test/hosts/domain-table.spec.ts',
      'test/hosts/properties.spec.ts',
      'test/e2e/host-sources.spec.ts',
      'test/e2e/request-shapes.spec.ts',
      'test/e2e/forwarded-host.spec.ts',
      'test/e2e/predicates.spec.ts',
    ],
  },
  policy: {
    sources: [
      'src/allowed-hosts.policy.ts',
      'src/allowed-hosts.request-state.ts',
    ],
    minimum: 95,
    specs: [
      'test/e2e/request-shapes.spec.ts',
      'test/e2e/verdicts.spec.ts',
      'test/e2e/instance-addresses.spec.ts',
      'test/e2e/route-rules.spec.ts',
      'test/e2e/host-sources.spec.ts',
      'test/e2e/forwarded-host.spec.ts',
      'test/e2e/predicates.spec.ts',
      'test/e2e/lookup.spec.ts',
    ],
  },
  verdict: {
    sources: [
      'src/allowed-hosts.verdict.ts',
      'src/allowed-hosts.route-rule.ts',
    ],
    minimum: 95,
    specs: [
      'test/e2e/refusals.spec.ts',
      'test/e2e/refusal-facts.spec.ts',
      'test/e2e/route-rules.spec.ts',
      'test/e2e/lookup.spec.ts',
    ],
  },
  guard: {
    sources: ['src/allowed-hosts.guard.ts'],
    minimum: 95,
    specs: [
      'test/e2e/route-rules.spec.ts',
      'test/e2e/refusals.spec.ts',
      'test/e2e/request-shapes.spec.ts',
      'test/e2e/matrix/contexts.spec.ts',
      'test/e2e/route-rules-scope.spec.ts',
    ],
  },
  gate: {
    sources: ['src/gate/'],
    minimum: 95,
    specs: [
      'test/e2e/gate.spec.ts',
      'test/e2e/route-rules.spec.ts',
      'test/e2e/route-rules-scope.spec.ts',
      'test/e2e/gate-review.spec.ts',
      'test/e2e/gateway-rules.spec.ts',
      'test/e2e/graphql-rules.spec.ts',
      'test/e2e/disconnects.spec.ts',
      'test/e2e/request-shapes.spec.ts',
      'test/e2e/pipelining.spec.ts',
      'test/e2e/matrix/matrix.spec.ts',
      'test/e2e/matrix/contexts.spec.ts',
      'test/e2e/exception-filters.spec.ts',
      'test/e2e/adapter-servers.spec.ts',
      'test/e2e/several-servers.spec.ts',
      'test/e2e/runtimes.spec.ts',
      'test/e2e/refusals.spec.ts',
      'test/e2e/refusal-facts.spec.ts',
      'test/e2e/matrix/http2.spec.ts',
      'test/e2e/matrix/route-rules.property.spec.ts',
    ],
  },
  'dynamic-hosts': {
    sources: ['src/dynamic-hosts/'],
    minimum: 90,
    specs: [
      'test/dynamic-hosts/lru-cache.spec.ts',
      'test/e2e/hosts-observable.spec.ts',
      'test/e2e/lookup.spec.ts',
      'test/e2e/lifecycle.spec.ts',
      'test/e2e/predicates.spec.ts',
    ],
  },
  addresses: {
    sources: ['src/addresses/'],
    minimum: 90,
    specs: [
      'test/addresses/addresses.options.spec.ts',
      'test/addresses/imds-settings.spec.ts',
      'test/addresses/platform.spec.ts',
      'test/addresses/kubernetes.spec.ts',
      'test/addresses/sources.spec.ts',
      'test/addresses/ec2.spec.ts',
      'test/addresses/ecs.spec.ts',
      'test/addresses/unusable.spec.ts',
      'test/addresses/refresh.spec.ts',
      'test/addresses/faults.spec.ts',
      'test/addresses/nest.spec.ts',
    ],
  },
};
