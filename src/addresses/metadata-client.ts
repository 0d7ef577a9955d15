import { type IncomingMessage, request as httpRequest } from 'node:http';
import { errorCode, errorMessage } from '../messages/error-message.js';
import { MetadataError, type MetadataFault } from './metadata-error.js';
import { quoted } from '../messages/printable.js';

/** One question to a metadata service. */
export interface MetadataRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the question when the caller's own budget is spent. */
  readonly signal: AbortSignal;
  /** A limit for this question alone, in milliseconds from now until its last byte. */
  readonly limitMs?: number | undefined;
}

/** An answer; `body` is read for status 200 alone, for nobody uses the others. */
export interface MetadataResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** The longest honest answer, a listing of all interfaces, has some thousand bytes. */
const LONGEST_BODY = 64 * 1024;

/**
 * Asks once, over a connection of its own. Neither agents nor proxies have a part in it, a redirect is an
 * answer like any other, and no socket or timer of it keeps the process alive.
 *
 * @throws {MetadataError} where no whole answer came
 */
export async function requestMetadata(
  question: MetadataRequest,
): Promise<MetadataResponse> {
  const { method, url, headers = {}, signal, limitMs } = question;
  const askedAt = performance.now();
  const limit = new AbortController();
  const end = (): void => limit.abort();
  const timer =
    limitMs === undefined ? undefined : setTimeout(end, limitMs).unref();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();

  let stage: Stage = 'connecting';
  try {
    return await new Promise<MetadataResponse>((resolve, reject) => {
      const request = httpRequest(url, {
        method,
        headers,
        // An agent of the environment's may know a proxy; this question must not pass one.
        agent: false,
        signal: limit.signal,
      });
      request.on('error', reject);
      request.on('socket', (socket) => {
        socket.unref();
        socket.once('connect', () => (stage = 'connected'));
        // To Node, an offer of another protocol (101) is neither an answer nor an error.
        socket.once('close', () => {
          if (stage !== 'answering')
            setImmediate(reject, new Error('closed without an answer'));
        });
      });
      request.on('response', (response) => {
        stage = 'answering';
        readAnswer(response).then(resolve, reject);
      });
      request.end();
    });
  } catch (error) {
    const [fault, what] =
      error instanceof Unusable
        ? [error.fault, error.message]
        : limit.signal.aborted
          ? late(stage, Math.round(performance.now() - askedAt))
          : broken(stage, error);
    throw new MetadataError(fault, `${method} ${url.href}`, what);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

type Stage = 'connecting' | 'connected' | 'answering';

class Unusable extends Error {
  constructor(
    readonly fault: MetadataFault,
    message: string,
  ) {
    super(message);
  }
}

async function readAnswer(
  response: IncomingMessage,
): Promise<MetadataResponse> {
  const { statusCode: status = 0, headers } = response;
  if (status !== 200) {
    response.on('error', () => undefined).destroy();
    return { status, headers, body: '' };
  }
  // Without a declared length, a connection that breaks looks like an end, and "10.0.0.1" may be half of "10.0.0.17".
  const framed = 'content-length' in headers || 'transfer-encoding' in headers;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY)
      throw new Unusable('too-long', `sent more than ${LONGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  if (!framed)
    throw new Unusable(
      'not-understood',
      'did not declare the length of its answer',
    );
  return { status, headers, body: Buffer.concat(chunks).toString('utf8') };
}

function late(stage: Stage, ms: number): [MetadataFault, string] {
  if (stage === 'connecting')
    return ['unreachable', `could not connect in ${ms} ms`];
  if (stage === 'connected')
    return ['silent', `connected and got no answer in ${ms} ms`];
  return ['slow', `got no whole answer in ${ms} ms`];
}

function broken(stage: Stage, error: unknown): [MetadataFault, string] {
  const code = errorCode(error);
  if (code.startsWith('HPE_'))
    return ['not-understood', `was not answered in HTTP (${code})`];
  if (code === 'ECONNREFUSED') return ['refused', 'was refused (ECONNREFUSED)'];
  if (stage === 'connecting')
    return [
      'unreachable',
      `could not connect (${code || quoted(errorMessage(error))})`,
    ];
  return ['cut', 'had its connection closed before the answer was whole'];
}
