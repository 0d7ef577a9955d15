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

export function allowProbes(path: string): readonly string[] {
  return [
    `On ${path}, allow every IP address and a missing Host. Nobody can list the addresses of probes beforehand. Allow no foreign names there: DNS rebinding always carries a name.`,
    'nestjs-allowed-hosts: let the health check request the health route of the module, or put @AllowProbes() on the route.',
    `nginx in front of another application: location = ${path} { proxy_pass ...; proxy_set_header Host example.com; } with a host of yours.`,
  ];
}

/** How a server refuses foreign hosts in front of the application. */
export const REFUSE_IN_PROXY: readonly string[] = [
  'nginx: a server block with listen 80 default_server; and return 421; beside the one with your server_name.',
];
