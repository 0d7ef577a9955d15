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
