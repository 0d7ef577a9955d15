/** The text of `--help`. */
export const HELP = `nestjs-allowed-hosts check <url> [options]
  Sends what load balancers, browsers and attackers send to an HTTP server, with
  or without this package, and prints what is wrong and what to change. It sends
  a few dozen requests, one after the other.

  --health /path         the path of the health check (default /health)
  --host name            a host of yours, if not the one in the URL; repeatable
  --connect host:port    where to connect: one instance, past the load balancer
  --insecure             accept any certificate
  --timeout ms           how long to wait for each response (default 8000)
  --json                 print JSON

nestjs-allowed-hosts match "<patterns>" <host>...
  Prints for each host whether the list allows it, and which pattern does.

nestjs-allowed-hosts --help
nestjs-allowed-hosts --version

Exit code: 0 if all is well, 1 for problems or a host that is not allowed, 2 for
wrong use.
`;
