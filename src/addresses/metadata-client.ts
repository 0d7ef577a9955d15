import { request as httpRequest, type IncomingMessage } from 'node:http';
import { errorCode } from '../messages/error-message.js';
import { MetadataError, type MetadataFault } from './metadata-error.js';

/** One request to a metadata service. */
export interface MetadataRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts the request when the caller's own budget is spent. */
  readonly signal: AbortSignal;
  /** The time limit of this request in milliseconds, until the last byte of its response; default: none. */
  readonly limitMs?: number | undefined;
}

/** The response. Its `body` is read for status 200 only. */
export interface MetadataResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/**
 * Sends one request over a connection of its own. It uses neither agents nor proxies and follows no redirect. Neither
 * its socket nor its timer keeps the process alive.
 *
 * @throws {MetadataError} if there is no complete response
 */
export async function requestMetadata(
  request: MetadataRequest,
): Promise<MetadataResponse> {
  const { method, url, signal, limitMs } = request;
  const startedAt = performance.now();
  const limit = new AbortController();
  const timer =
    limitMs === undefined
      ? undefined
      : setTimeout(() => limit.abort(), limitMs).unref();
  const stop = AbortSignal.any([signal, limit.signal]);

  const progress: Progress = { stage: 'connecting' };
  try {
    return await send(request, stop, progress);
  } catch (error) {
    const [fault, what] =
      error instanceof UnusableResponse
        ? [error.fault, error.message]
        : stop.aborted
          ? describeAbort(progress, Math.round(performance.now() - startedAt))
          : describeFailure(progress, error);
    throw new MetadataError(fault, `${method} ${url.href}`, what);
  } finally {
    clearTimeout(timer);
  }
}

/** How far a request has come. */
interface Progress {
  stage: 'connecting' | 'connected' | 'responding';
}

function send(
  { method, url, headers = {} }: MetadataRequest,
  signal: AbortSignal,
  progress: Progress,
): Promise<MetadataResponse> {
  return new Promise((resolve, reject) => {
    // The default agent may use a proxy of the environment; this request must not.
    const request = httpRequest(url, { method, headers, agent: false, signal });
    request.on('error', reject);
    request.on('socket', (socket) => {
      socket.unref();
      socket.once('connect', () => (progress.stage = 'connected'));
    });
    const onResponse = (response: IncomingMessage): void => {
      // Stryker disable next-line StringLiteral: only TypeScript reads this stage
      progress.stage = 'responding';
      readResponse(response).then(resolve, reject);
    };
    // A switch of protocols (101) is not reported as a response.
    request.on('response', onResponse).on('upgrade', onResponse);
    request.end();
  });
}

async function readResponse(
  response: IncomingMessage,
): Promise<MetadataResponse> {
  const { statusCode: status = 0, headers } = response;
  if (status !== 200) {
    // Without a listener a response emits no error.
    response.destroy();
    // Stryker disable next-line StringLiteral: nobody reads it, see MetadataResponse
    return { status, headers, body: '' };
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES)
      throw new UnusableResponse(
        'too-long',
        `returned more than ${MAX_BODY_BYTES} bytes`,
      );
    chunks.push(chunk);
  }
  // Without a declared length a broken connection looks like the end, and "10.0.0.1" may be a part of "10.0.0.17".
  if (!('content-length' in headers || 'transfer-encoding' in headers))
    throw new UnusableResponse(
      'invalid',
      'did not declare the length of its response',
    );
  return { status, headers, body: Buffer.concat(chunks).toString('utf8') };
}

class UnusableResponse extends Error {
  constructor(
    readonly fault: MetadataFault,
    message: string,
  ) {
    super(message);
  }
}

function describeAbort(
  { stage }: Progress,
  ms: number,
): [MetadataFault, string] {
  if (stage === 'connecting')
    return ['unreachable', `could not connect within ${ms} ms`];
  if (stage === 'connected')
    return ['no-response', `connected but got no response within ${ms} ms`];
  return ['incomplete', `got no complete response within ${ms} ms`];
}

function describeFailure(
  { stage }: Progress,
  error: unknown,
): [MetadataFault, string] {
  const code = errorCode(error);
  if (code.startsWith('HPE_'))
    return ['invalid', `got a response that is not HTTP (${code})`];
  if (code === 'ECONNREFUSED') return ['refused', 'was refused (ECONNREFUSED)'];
  if (stage === 'connecting')
    return ['unreachable', `could not connect (${code})`];
  return ['closed', 'lost its connection before the response was complete'];
}

/** The longest real response, a listing of all interfaces, has some thousand bytes. */
const MAX_BODY_BYTES = 64 * 1024;
