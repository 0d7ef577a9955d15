import { hostHeaderValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js';
import hostValidation from 'host-validation';
import { isHostAllowed } from 'host-validation-middleware';
import { HostList } from 'nestjs-allowed-hosts';

/**
 * Who judges header values. Each has a loop of its own, so that the compiler can treat each as an application would
 * have it; `undefined` where a contender has no way to say what the list says.
 */
export const contenders = {
  'bare Set': ({ inSet }) => {
    const set = new Set(inSet());
    return (strings) => {
      let allowed = 0;
      for (let i = 0; i < strings.length; i++)
        if (set.has(strings[i])) allowed++;
      return allowed;
    };
  },

  'this library': ({ patterns }) => {
    const list = HostList.from(patterns);
    return (strings) => {
      let allowed = 0;
      for (let i = 0; i < strings.length; i++)
        if (list.allows(strings[i])) allowed++;
      return allowed;
    };
  },

  // Strings are compared, so what lies below a name must be a RegExp; it has nothing for networks.
  'host-validation': ({ patterns, networks, suffixes }) => {
    if (networks) return undefined;
    // A million expressions are more than the engine holds.
    if (suffixes && patterns.length > 10_000) return undefined;
    const hosts = patterns.map((pattern) =>
      pattern.startsWith('.')
        ? new RegExp(`^(?:.+\\.)?${escaped(pattern.slice(1))}$`, 'i')
        : pattern,
    );
    let allowed = 0;
    const middleware = hostValidation({ hosts, fail: () => undefined });
    const next = () => allowed++;
    return (strings) => {
      allowed = 0;
      const request = { headers: { host: '' } };
      for (let i = 0; i < strings.length; i++) {
        request.headers.host = strings[i];
        middleware(request, undefined, next);
      }
      return allowed;
    };
  },

  // It allows every IP address, whatever the list says.
  'host-validation-middleware':
    ({ patterns }) =>
    (strings) => {
      let allowed = 0;
      for (let i = 0; i < strings.length; i++)
        if (isHostAllowed(strings[i], patterns)) allowed++;
      return allowed;
    },

  // It keeps each allowed value for ever when its list is frozen.
  'the same, frozen list': ({ patterns }) => {
    const frozen = Object.freeze([...patterns]);
    return (strings) => {
      let allowed = 0;
      for (let i = 0; i < strings.length; i++)
        if (isHostAllowed(strings[i], frozen)) allowed++;
      return allowed;
    };
  },

  // Whole names only.
  'MCP SDK': ({ patterns, networks, suffixes }) => {
    if (networks || suffixes) return undefined;
    let allowed = 0;
    const middleware = hostHeaderValidation(patterns);
    const response = { status: () => response, json: () => response };
    const next = () => allowed++;
    return (strings) => {
      allowed = 0;
      const request = { headers: { host: '' } };
      for (let i = 0; i < strings.length; i++) {
        request.headers.host = strings[i];
        middleware(request, response, next);
      }
      return allowed;
    };
  },
};

const escaped = (text) => text.replaceAll('.', '\\.');

/** What a peer does not check, which makes it fast and is no feat: by peer, in which rows, why. */
export const SKIPS = [
  {
    peer: 'host-validation',
    where: () => true,
    why: 'it compares the header with each entry as it stands, which takes less than one hash while entries are few; it reads no port, no capitals, no trailing dot, and checks no grammar',
  },
  {
    peer: 'host-validation-middleware',
    where: ({ label }) => /network|mixed/.test(label),
    why: 'it allows every IP address and looks at no network',
  },
  {
    peer: 'the same, frozen list',
    where: () => true,
    why: 'it keeps every value that it ever allowed, without bound, and checks nothing when one comes again',
  },
];
