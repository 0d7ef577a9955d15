import { isIPv6 } from 'node:net';
// What "npx nestjs-allowed-hosts check" sends with, too.
import { send, table as tableOf, type Exchange } from '#cli';

/** One request, and who sends it. */
interface Scene {
  readonly who: string;
  /** `GET /health`, with the version if it is not HTTP/1.1. */
  readonly request: string;
  /** The Host lines. */
  readonly hosts: readonly string[];
  readonly userAgent?: string;
}

/** One line of the table. */
export interface Row {
  readonly who: string;
  readonly request: string;
  readonly host: string;
  readonly response: string;
}

/** Where the application listens, a host that it allows, and its own address. */
export interface Stage {
  readonly port: number;
  readonly listed: string;
  readonly privateIp: string;
}

function scenes({ port, listed, privateIp }: Stage): readonly Scene[] {
  const own = `${inBrackets(privateIp)}:${port}`;
  const nlbNode = '10.0.9.41:443';
  const elb = 'ELB-HealthChecker/2.0';
  return [
    {
      who: 'ALB, health check',
      request: 'GET /health',
      hosts: [own],
      userAgent: elb,
    },
    {
      who: 'NLB, health check',
      request: 'GET /health',
      hosts: [nlbNode],
      userAgent: elb,
    },
    {
      who: 'classic ELB, health check',
      request: 'GET /health HTTP/1.0',
      hosts: [],
      userAgent: 'ELB-HealthChecker/1.0',
    },
    {
      who: 'kubelet, probe',
      request: 'GET /health',
      hosts: [`10.244.1.5:${port}`],
      userAgent: 'kube-probe/1.34',
    },
    { who: 'browser', request: 'GET /', hosts: [listed] },
    {
      who: 'browser, resets a password',
      request: 'POST /password-reset',
      hosts: [listed],
    },
    { who: 'client in the VPC, by address', request: 'GET /', hosts: [own] },
    {
      who: 'attacker, foreign host',
      request: 'GET /',
      hosts: ['evil.example'],
    },
    {
      who: 'attacker, poisons a reset link',
      request: 'POST /password-reset',
      hosts: ['evil.example'],
    },
    {
      who: 'attacker, DNS rebinding',
      request: 'GET /health',
      hosts: [`rebind.evil.example:${port}`],
    },
    {
      who: 'attacker, two Host lines',
      request: 'GET /',
      hosts: [listed, 'evil.example'],
    },
    {
      who: 'attacker, absolute target',
      request: 'GET http://evil.example/',
      hosts: [listed],
    },
    {
      who: 'scanner, address of an NLB node',
      request: 'GET /',
      hosts: [nlbNode],
    },
  ];
}

/** Sends each request, unchanged, over its own socket, and returns the responses. */
export async function play(stage: Stage): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const scene of scenes(stage)) {
    const { who, request, hosts } = scene;
    const host = hosts.length === 0 ? '(none)' : hosts.join(' + ');
    rows.push({
      who,
      request,
      host,
      response: summary(await exchange(scene, stage)),
    });
  }
  return rows;
}

/** The rows as text, with columns as wide as their longest cell. */
export function table(rows: readonly Row[]): string {
  return tableOf<keyof Row>(HEAD, rows);
}

const HEAD: Row = {
  who: 'who',
  request: 'request',
  host: 'Host',
  response: 'response',
};

/** A host that the list allows, made from its patterns. */
export function hostUnder(patterns: readonly string[]): string {
  const [pattern = ''] = [
    ...patterns.filter((one) => /^(?:\*?\.)?[\w-]+(?:\.[\w-]+)+$/.test(one)),
    ...patterns,
  ];
  if (pattern === '*') return 'example.com';
  return inBrackets(
    pattern
      .replace(/^\*?\./, 'www.')
      .replace(/\/\d+$/, '')
      .trim(),
  );
}

function exchange(scene: Scene, { port }: Stage): Promise<Exchange> {
  const [method = '', target = '', version] = scene.request.split(' ');
  return send(
    { host: '127.0.0.1', port, timeoutMs: 10_000 },
    {
      method,
      target,
      version: version === 'HTTP/1.0' ? '1.0' : '1.1',
      hosts: scene.hosts,
      headers: [
        `User-Agent: ${scene.userAgent ?? 'Mozilla/5.0'}`,
        ...(method === 'POST' ? ['Content-Length: 0'] : []),
        'Connection: close',
      ],
    },
  );
}

/** The status, and for an error the message in the body. */
function summary(got: Exchange): string {
  if (got.kind === 'none') return 'no response';
  const status = `${got.status} ${got.reason}`;
  const message = /"message":"([^"]*)"/.exec(got.body)?.[1];
  return got.status < 300 || message === undefined
    ? status
    : `${status}: ${message}`;
}

function inBrackets(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}
