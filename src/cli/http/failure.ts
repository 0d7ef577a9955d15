import { printable } from '../../messages/printable.js';
import type { HttpResponse, NoResponse, Server } from './exchange.js';
import { send, TIMED_OUT } from './send.js';

/**
 * Why a server did not respond, and what to do, as a sentence. It tries TLS once
 * if plain HTTP met silence.
 *
 * @param url what the user wrote
 */
export async function explain(
  url: URL,
  server: Server,
  failure: NoResponse,
): Promise<string> {
  const place = `${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`;
  // A reset may arrive before the connection is reported.
  if (failure.cause === 'connection' && failure.code !== 'ECONNRESET')
    return connectionSentence(place, failure);
  if (failure.cause === 'tls') return tlsSentence(url, place, failure);
  if (server.tls === undefined && (await speaksTls(server)))
    return tlsNeeded(url);
  if (failure.cause === 'protocol')
    return `${place} does not speak HTTP. It sent "${printable(failure.detail, 60)}". Check the port.`;
  if (failure.cause === 'timeout')
    return `${place} accepted the connection, but did not respond within ${server.timeoutMs} ms. The server hangs or waits for something: look at its log, or wait longer with --timeout.`;
  return `${place} closed the connection without a response${inBrackets(failure.code)}. Check the port, and the log of the server.`;
}

/** Why the name in the URL has no address. */
export function explainLookup(name: string, code: string): string {
  return code === 'EAI_AGAIN'
    ? `The name ${name} could not be looked up (EAI_AGAIN): check the network and DNS of this machine.`
    : `The name ${name} has no address${inBrackets(code)}: check its spelling, or name the address with --connect host:port.`;
}

function connectionSentence(
  place: string,
  { code, detail }: NoResponse,
): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `Nothing listens on ${place} (ECONNREFUSED): check the port, and start the server. If it listens on 127.0.0.1 only, it cannot be reached from elsewhere.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return explainLookup(place.replace(/:\d+$/, ''), code);
    case TIMED_OUT:
    case 'ETIMEDOUT':
      return `No connection to ${place} came about in time: check the address, and whether a firewall or security group lets you in.`;
    default:
      return `No connection to ${place} came about: ${printable(code || detail, 100)}.`;
  }
}

function tlsSentence(
  url: URL,
  place: string,
  { code, detail }: NoResponse,
): string {
  if (code === TIMED_OUT)
    return `${place} accepted the connection, but the TLS handshake did not end in time: check the port, or write ${url.href.replace('https:', 'http:')}`;
  if (CERTIFICATE_FAULTS.test(code))
    return `The certificate of ${place} is not trusted (${code}): correct the certificate, or add --insecure to check the server nevertheless.`;
  if (/^ERR_SSL|^EPROTO|^ECONNRESET$|^$/.test(code))
    return `${place} does not speak TLS${inBrackets(code)}: write ${url.href.replace('https:', 'http:')}, or check the port.`;
  return `The TLS handshake with ${place} failed: ${printable(code || detail, 100)}.`;
}

/** The advice if the server speaks TLS and the URL does not. */
export function tlsNeeded(url: URL): string {
  return `${url.host} speaks TLS: write ${url.href.replace('http:', 'https:')}`;
}

/** What servers respond to plain HTTP on a port for TLS: nginx, Apache, Go. */
export function wantsTls({ status, body }: HttpResponse): boolean {
  return (
    status === 400 &&
    /plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL|sent an HTTP request to an HTTPS server/i.test(
      body,
    )
  );
}

async function speaksTls(server: Server): Promise<boolean> {
  const tls = { name: server.host, verify: false };
  const exchange = await send({ ...server, tls }, PING);
  return (
    exchange.kind === 'response' || !/^(connection|tls)$/.test(exchange.cause)
  );
}

const PING = {
  method: 'GET',
  target: '/',
  hosts: ['localhost'],
  headers: ['Connection: close'],
} as const;

function inBrackets(code: string): string {
  return code === '' ? '' : ` (${code})`;
}

/** Of Node's `tls`, e.g. DEPTH_ZERO_SELF_SIGNED_CERT. */
const CERTIFICATE_FAULTS = /CERT|SIGNED|LEAF_SIGNATURE|ALTNAME/;
