/** Configurations of the application, with what the oracle must know about each. */
export const SETTINGS = {
  'trust off': {
    trusts: false,
    forwardedHost: 'trusted',
    xForwardedHost: false,
    forwarded: false,
    slow: false,
  },
  'trust on': {
    trusts: true,
    forwardedHost: 'trusted',
    xForwardedHost: true,
    forwarded: false,
    slow: false,
  },
  'always, async predicate': {
    trusts: false,
    forwardedHost: 'always',
    xForwardedHost: true,
    forwarded: true,
    slow: true,
  },
};
