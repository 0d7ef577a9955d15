import { execFileSync } from 'node:child_process';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** One of the two addresses that requests come from. */
const PROXY = '127.0.0.1';
/**
 * Node does not clear the timer of an HTTP/2 session that closes, so the session stays in memory until its timeout: for 72
 * seconds with Fastify's default. A server of node:http2 alone does the same.
 */
export const HTTP2_SESSION_TIMEOUT_MS = 5000;

export function adapterFor(platform, setting) {
  const { trusts, isSecure } = setting;
  if (platform === 'express') {
    const express = new ExpressAdapter();
    if (trusts) express.set('trust proxy', PROXY);
    return express;
  }
  const settings = { enableConnectProtocol: true };
  return new FastifyAdapter({
    ...(trusts ? { trustProxy: PROXY } : {}),
    ...(setting.protocols.includes('http2')
      ? { http2: true, http2SessionTimeout: HTTP2_SESSION_TIMEOUT_MS }
      : {}),
    ...(isSecure
      ? { https: { ...certificate(), allowHTTP1: true, settings } }
      : setting.protocols.includes('http2') && { http: { settings } }),
  });
}

/** A new self-signed certificate with its key. */
function certificate() {
  const pem = execFileSync(
    'openssl',
    'req -x509 -nodes -days 1 -subj /CN=localhost -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout - -out -'.split(
      ' ',
    ),
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const [key, cert] = pem.match(/-----BEGIN [^]*?-----END [A-Z ]+-----\n/g);
  return { key, cert };
}
