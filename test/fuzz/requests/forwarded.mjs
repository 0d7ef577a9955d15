import { hostValue } from './hosts.mjs';

/** Returns a value of X-Forwarded-Host with up to three entries. */
export function xForwardedHost(random) {
  const entries = Array.from({ length: random.below(4) }, () =>
    random.chance(0.1) ? '' : hostValue(random),
  );
  return entries.join(random.pick([',', ', ', ' , ', ',\t', ',,']));
}

/** Returns a Forwarded header with the hosts that it names and whether it is malformed, so that the oracle needs no parser. */
export function forwarded(random) {
  const hosts = Array.from({ length: random.below(3) }, () =>
    hostValue(random),
  );
  const elements = hosts.map((host) => {
    const quoted = `"${host.replace(/["\\]/g, '\\$&')}"`;
    const value = /^[\w.-]+$/.test(host) && random.chance(0.7) ? host : quoted;
    return random.pick([
      `host=${value}`,
      `for=192.0.2.1;HOST=${value}`,
      `for="[2001:db8::9]:1" ; host=${value};proto=https`,
      `for=[2001:db8::9]:80;host=${value};proto=https`,
      `Host=${value};by="x,host=y"`,
    ]);
  });
  const broken = random.chance(0.1);
  if (broken)
    elements.push(
      random.pick([
        'host="x',
        'host',
        'host=a b',
        'host==',
        'for="x',
        'for=a"b',
        'for="a"b',
      ]),
    );
  if (elements.length === 0 || random.chance(0.2))
    elements.push(
      random.pick(['for=_x', 'proto=http', '=x', 'for=2001:db8::1', 'x']),
    );
  return {
    text: elements.join(random.pick([',', ', ', ' , '])),
    hosts,
    broken,
  };
}
