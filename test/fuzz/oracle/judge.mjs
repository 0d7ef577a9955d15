// What a request may reach, and what the library must not refuse.
import { claimsOf, valuesOf } from './claims.mjs';
import { isFile, mayBeFile } from './files.mjs';
import { cannotBeLookedUp, hostOf, NO_HOST, RULES } from './hosts.mjs';
import {
  gatewayRuleFor,
  graphqlRulesFor,
  isCertain,
  isGatewayPath,
  queriedRules,
  routeRuleFor,
  RULE_OF_HANDLER,
} from './rules.mjs';
import { worldsOf } from './worlds.mjs';

/** Code of gateways that runs before the guard: their connections, and what socket.io does for them. */
const AT_GATEWAY = /^(?:own-)?socket(?:-(?:admin|probes|any))?(?:-engine)?$/;
/** Code that is called by Node's server and not by a framework. */
const AT_SERVER = /^(?:listener|expectation|stream|connect|socket|own)/;
const TRUSTED_PEER = '127.0.0.1';

/** A request under the rules of a setting. */
class Judgement {
  #request;
  #setting;
  #worlds;
  /** Node decides by the Connection field whether a request with an Upgrade field is an upgrade. */
  #mayBeUpgrade;
  #isUpgrade;
  /** The rules of a route and of a gateway that may apply besides the list. */
  #routeRule;
  #gatewayRule;
  #graphqlRules;
  /** socket.io may serve the request. */
  #polls;
  #namesHost;
  /** The hosts that the request names, by which headers of proxies are read. */
  #claimed = new Map();

  constructor(request, setting, isSettled) {
    this.#request = request;
    this.#setting = setting;
    this.#worlds = worldsOf(setting, isSettled);
    const isHttp1 = request.protocol === 'http1';
    const connection = valuesOf(request, 'connection').join(',');
    this.#mayBeUpgrade =
      isHttp1 &&
      request.method !== 'CONNECT' &&
      valuesOf(request, 'upgrade').length > 0;
    this.#isUpgrade = this.#mayBeUpgrade && /upgrade/i.test(connection);
    this.#polls = isHttp1 && setting.sockets === 'socket.io';
    this.#namesHost = ['host', ':authority'].some((name) =>
      valuesOf(request, name).some((value) => value !== ''),
    );
    const hasGateways = setting.sockets !== 'none';
    const isAtGateway = this.#isUpgrade || request.toGateway;
    this.#routeRule = isAtGateway ? 'list' : routeRuleFor(request);
    this.#graphqlRules =
      setting.graphql && !request.toGateway ? graphqlRulesFor(request) : [];
    this.#gatewayRule =
      hasGateways && (this.#mayBeUpgrade || this.#polls)
        ? gatewayRuleFor(request)
        : 'list';
  }

  get isUpgrade() {
    return this.#mayBeUpgrade;
  }

  /** Whether the server may respond 100 Continue. */
  get mayContinue() {
    return this.#passesAny(this.#rules, true);
  }

  /** Whether the request may get a status below 400. */
  get mayBeServed() {
    // Only the route, the gateway, or what is on the path of GraphQL responds to a host that a rule allows.
    const rules =
      this.#request.respondedByMiddleware || this.#isFile
        ? ['list', this.#gatewayRule, ...this.#graphqlRules]
        : this.#rules;
    return this.#passesAny(rules, this.#isBare || this.#mayReachSocketIo);
  }

  /** Whether the library must not refuse the request. */
  get mustPass() {
    const { target = '', odd, respondedByMiddleware } = this.#request;
    if (odd || !isCertain(target, this.#setting.sockets)) return false;
    const isPolling = this.#polls && isGatewayPath(target);
    const isElsewhere =
      respondedByMiddleware ||
      this.#isUnexpected ||
      this.#isFile ||
      /^\/any\/(?:secret|mounted)/.test(target);
    const ofRoute = isElsewhere ? 'list' : this.#routeRule;
    const reachesRoute = !this.#isUpgrade && !this.#isAtServer;
    const rules = reachesRoute
      ? [isPolling ? this.#gatewayRule : ofRoute]
      : ['list', this.#isUpgrade ? this.#gatewayRule : 'list'];
    // An upgrade ignores X-Forwarded-Host, and it is not certain that this is one.
    const bare = [this.#isBare, this.#isUpgrade];
    const queried = this.#setting.graphql ? queriedRules(this.#request) : [];
    return this.#worlds.every((world) =>
      bare.every((isBare) => {
        const passes = (rule) => this.#passes(rule, world, isBare);
        return rules.some(passes) && queried.every(passes);
      }),
    );
  }

  /** Whether a filter of the application must see a refusal: a route, or nothing, would respond. */
  get mustBeFiltered() {
    const { respondedByMiddleware, queries, target = '' } = this.#request;
    return !(
      this.#isBare ||
      this.#isUnexpected ||
      (this.#setting.files && mayBeFile(target)) ||
      respondedByMiddleware ||
      queries ||
      /any\b/i.test(target)
    );
  }

  /** Whether the library may respond that it cannot check a host. */
  get mayBeUnavailable() {
    if (!this.#setting.changing) return false;
    const claims = this.#claims(true, true) ?? [];
    return claims.some((host) => host !== undefined && cannotBeLookedUp(host));
  }

  /** Fastify's integration of Apollo makes a URL of the host, and throws if there is none. */
  get isWithoutHostAtGraphql() {
    return this.#graphqlRules.length > 0 && !this.#namesHost;
  }

  /** Whether code of the application may run. A framework trusts no peer that has disconnected. */
  mayRun(code, isDisconnected) {
    const bare = isDisconnected || AT_SERVER.test(code);
    return this.#passesAny(this.#rulesOf(code), bare);
  }

  /** Whether code of the application may read a value as a host. */
  mayRead(value, code) {
    const rules = this.#rulesOf(code);
    if (value === '') return rules.some((rule) => NO_HOST[rule]);
    const host = hostOf(value);
    if (host === undefined) return false;
    // `hostname` has no port, which the list may require.
    return [host.port, 8443, 8080].some((port) =>
      this.#worlds.some((world) =>
        rules.some((rule) => RULES[rule]({ ...host, port }, world)),
      ),
    );
  }

  get #rules() {
    return ['list', this.#routeRule, this.#gatewayRule, ...this.#graphqlRules];
  }

  #rulesOf(code) {
    if (AT_GATEWAY.test(code)) return ['list', this.#gatewayRule];
    if (code === 'middleware' || code === 'cors')
      return ['list', this.#routeRule, ...this.#graphqlRules];
    // socket.io is a listener of the server, so other listeners get its polling requests too.
    if (code === 'listener')
      return ['list', this.#polls ? this.#gatewayRule : 'list'];
    return [RULE_OF_HANDLER[code] ?? 'list'];
  }

  /** Upgrades and CONNECT ignore X-Forwarded-Host: only frameworks trust proxies. */
  get #isBare() {
    return this.#mayBeUpgrade || this.#isAtServer;
  }

  get #isAtServer() {
    const { method, toGateway } = this.#request;
    return toGateway || method === 'CONNECT';
  }

  /** A listener of the application responds instead of the route: to any other Expect than 100-continue. */
  get #isUnexpected() {
    const [expected = '100-continue'] = valuesOf(this.#request, 'expect');
    return this.#setting.listeners && expected !== '100-continue';
  }

  get #isFile() {
    return this.#setting.files && isFile(this.#request.target);
  }

  /** socket.io serves the request before the framework, which would report X-Forwarded-Host. */
  get #mayReachSocketIo() {
    const { target = '' } = this.#request;
    return this.#polls && /^\/(?:socket\.io|live-)/.test(target);
  }

  #passesAny(rules, bare) {
    return rules.some((rule) =>
      this.#worlds.some((world) => this.#passes(rule, world, bare)),
    );
  }

  #claims(xForwardedHost, forwarded) {
    const key = `${xForwardedHost} ${forwarded}`;
    if (!this.#claimed.has(key))
      this.#claimed.set(
        key,
        claimsOf(this.#request, { xForwardedHost, forwarded }),
      );
    return this.#claimed.get(key);
  }

  /** Whether a rule allows the request: every host that it names is allowed, and the hosts agree. */
  #passes(rule, world, bare) {
    const { trusts, forwardedHost } = this.#setting;
    const always = forwardedHost === 'always';
    const isTrusted = trusts && this.#request.peer === TRUSTED_PEER && !bare;
    const claims = this.#claims(always || isTrusted, always);
    if (claims === undefined || (!this.#namesHost && !NO_HOST[rule]))
      return false;
    return claims.every(
      (host) => host !== undefined && RULES[rule](host, world),
    );
  }
}

/** @param isSettled nothing changes while the request is sent */
export const judge = (request, setting, isSettled) =>
  new Judgement(request, setting, isSettled);
