// The module and its options
export { AllowedHostsModule } from './allowed-hosts.module.js';
export type { HostPatterns } from './dynamic-hosts/live-list.js';
export type { LookupOptions } from './dynamic-hosts/lookup.options.js';
export type { AllowedHostsOptions } from './allowed-hosts.options.js';
export type { AllowedHostsExtras } from './allowed-hosts.module-definition.js';
export type { AllowedHostsOptionsFactory } from './allowed-hosts.options-factory.js';
export type {
  AddressesOptions,
  AddressesPlatform,
} from './addresses/addresses.options.js';
export type {
  AddressSource,
  InstanceAddress,
} from './addresses/address-source.js';
export type {
  AllowedHostsHealthIndicator,
  HealthDecorator,
  HealthOptions,
} from './health/health.options.js';

// Decorators, service and guard
export {
  AllowAnyHost,
  AllowHosts,
  AllowProbes,
  InjectPrivateIp,
  PRIVATE_IP,
} from './allowed-hosts.decorators.js';
export { AllowedHosts } from './allowed-hosts.service.js';
export { AllowedHostsHealth } from './health/allowed-hosts.health.js';
export { AllowedHostsGuard } from './allowed-hosts.guard.js';

// Verdicts and refusals
export type { Disallowed, Verdict } from './allowed-hosts.verdict.js';
export type { AnyRequest } from './frameworks/any-request.js';
export { DisallowedHostException } from './disallowed-host.exception.js';
export type { Refusal } from './refusals/refusal.js';
export type { SeenHost } from './refusals/seen-hosts.js';
export { REFUSAL_CHANNEL } from './refusals/refusals.js';

// The pure core
export type { HostRequest, HostSource } from './hosts/claimed-hosts.js';
export {
  type Host,
  type HostFault,
  type ParsedHost,
  parseHostHeader,
} from './hosts/host-header.js';
export { HostList, type HostListOptions } from './hosts/host-list.js';
export {
  type HostPattern,
  HostPatternError,
  type HostPredicate,
} from './hosts/host-pattern.js';
