import type { HostPattern, HostRule } from './host-pattern.js';
import { whyNoHostMatches } from './unmatchable-regexp.js';

/**
 * What an operator should know about a valid pattern that is probably a
 * mistake. The text completes a sentence that begins with the name of the
 * pattern, e.g. `hosts[2]`.
 */
export function warningFor(
  rule: HostRule,
  pattern: HostPattern,
): string | undefined {
  const warning = warningOf(rule, pattern);
  const shown =
    typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
  return warning && `${shown} ${warning}`;
}

function warningOf(rule: HostRule, pattern: HostPattern): string | undefined {
  switch (rule.kind) {
    case 'any':
      return 'allows every well-formed host: Host is not validated, and DNS rebinding works. Name your hosts instead.';
    case 'network': {
      const family = rule.network.groups.length === 2 ? 'IPv4' : 'IPv6';
      return rule.network.prefix === 0
        ? `allows every ${family} address. Name your networks instead, such as "10.0.0.0/16".`
        : undefined;
    }
    case 'regexp':
      return unmatchable(pattern as RegExp);
    case 'name':
      if (rule.port === 80 || rule.port === 443)
        return `requires port ${rule.port}, which browsers leave out of Host: remove the port.`;
      return rule.subdomains ? tooWide(rule.text.slice(rule.start)) : undefined;
    // Stryker disable next-line ConditionalExpression: only TypeScript needs it
    default:
      return undefined;
  }
}

/**
 * `localhost` is a top-level domain, but it belongs to this machine: RFC 6761
 * §6.3.
 */
function tooWide(key: string): string | undefined {
  const [name = ''] = key.split(':');
  return name.includes('.') || name === 'localhost'
    ? undefined
    : `allows every name that ends in "${name}", whoever owns it. Name your own domain instead, such as ".example.com".`;
}

function unmatchable({ source }: RegExp): string | undefined {
  const why = whyNoHostMatches(source);
  return why && `matches no host, because ${why}.`;
}
