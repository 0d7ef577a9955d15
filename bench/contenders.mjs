import { hostHeaderValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js';
import hostValidation from 'host-validation';
import { isHostAllowed } from 'host-validation-middleware';
import { HostList } from 'nestjs-allowed-hosts';

/**
 * Who judges header values. Each has a loop of its own, so that the compiler can treat each as an application would
 * have it; `undefined` where a contender has no way to say what the list says.
 */
export const contenders = {
  'bare Set': ({ names }) => {
    const set = new Set(names);
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
  'host-validation': ({ patterns, networks }) => {
    if (networks) return undefined;
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
