import { hostHeaderValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js';
import hostValidation from 'host-validation';
import { isHostAllowed } from 'host-validation-middleware';
import { HostList } from 'nestjs-allowed-hosts';

/**
 * Implementations that check header values, by name. Each has a loop of its own, so that the compiler optimizes it as
 * in an application. A candidate is `undefined` for a list that it cannot express.
 */
export const candidates = {
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

  // It compares strings, so subdomains need a RegExp. It cannot express networks.
  'host-validation': ({ patterns, networks, suffixes }) => {
    if (networks) return undefined;
    // The engine cannot hold a million expressions.
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

  // It caches each allowed value forever if its list is frozen.
  'the same, frozen list': ({ patterns }) => {
    const frozen = Object.freeze([...patterns]);
    return (strings) => {
      let allowed = 0;
      for (let i = 0; i < strings.length; i++)
        if (isHostAllowed(strings[i], frozen)) allowed++;
      return allowed;
    };
  },

  // It cannot express subdomains or networks.
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
