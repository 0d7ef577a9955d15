import type { Verdict } from './allowed-hosts.verdict.js';
import type { HostRequest } from './hosts/claimed-hosts.js';

/** What the policy knows of one request, from the gate to the guard. */
export class RequestState {
  verdict: Verdict | Promise<Verdict> | undefined = undefined;
  /** The results of predicates and `lookup`, by list and host. */
  #results: Map<object, Map<string, boolean | Promise<boolean>>> | undefined;

  constructor(readonly request: HostRequest) {}

  /** Calls code of the application once for a host, however often the request is judged. */
  once(
    caller: object,
    host: string,
    call: () => boolean | Promise<boolean>,
  ): boolean | Promise<boolean> {
    const results = (this.#results ??= new Map());
    const known = results.get(caller)?.get(host);
    if (known !== undefined) return known;
    const result = call();
    results.set(caller, (results.get(caller) ?? new Map()).set(host, result));
    return result;
  }
}

/**
 * Stores the state of each request, for one application, under a symbol: faster than a WeakMap. The raw headers carry it:
 * Express replaces the prototype of the request, which takes longer with each property of it.
 */
export class RequestStates {
  readonly #key = Symbol('nestjs-allowed-hosts:state');

  of(request: HostRequest): RequestState {
    const carrier: object = request.rawHeaders ?? request;
    const states = carrier as Carrier;
    const known = states[this.#key];
    // Mocks may share their raw headers, or freeze them.
    if (known?.request === request) return known;
    const state = new RequestState(request);
    try {
      states[this.#key] = state;
    } catch {
      // The next one who asks gets a new state.
    }
    return state;
  }

  /** The stored verdict on Node's own request. Fast path, see bench: on Express each read of another property is slow. */
  // Stryker disable next-line BlockStatement: fast path, see bench
  verdictOn(request: object): Verdict | Promise<Verdict> | undefined {
    const state = (request as WithState).rawHeaders?.[this.#key];
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    return state?.request === request ? state.verdict : undefined;
  }
}

interface Carrier {
  [key: symbol]: RequestState | undefined;
}

interface WithState {
  readonly rawHeaders?: Carrier;
}
