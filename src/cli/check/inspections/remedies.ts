/** What to change, in the words of the servers. The tests apply these lines. */

/** How a proxy passes on the Host of the client. */
export const PASS_HOST_ON: readonly string[] = [
  'nginx: proxy_set_header Host $host; in each location that has proxy_pass or a proxy_set_header of its own.',
  'Apache: ProxyPreserveHost On',
  'Caddy: remove header_up Host; by default Caddy passes Host on.',
];

/** How an application checks Host. */
export const CHECK_HOST: readonly string[] = [
  "NestJS: AllowedHostsModule.forRoot({ hosts: 'example.com' }) in the root module; the log then names each refused host. Django: ALLOWED_HOSTS.",
];

export function allowProbes(path: string, own: string): readonly string[] {
  return [
    `On ${path}, allow every IP address and a missing Host. Nobody can list the addresses of probes beforehand. Allow no foreign names there: DNS rebinding always carries a name.`,
    'nestjs-allowed-hosts: let the health check request the health route of the module, or put @AllowProbes() on the route.',
    `nginx in front of another application: location = ${path} { proxy_pass ...; proxy_set_header Host ${own}; }`,
  ];
}

/** How a proxy refuses foreign hosts, too. */
export const REFUSE_IN_PROXY =
  'In front of the application: docs/proxies.md of nestjs-allowed-hosts shows how nginx refuses foreign hosts and still passes health checks.';
