// Sends requests over HTTP/2 as streams of one connection, frame by frame, and reads the responses.
import { TIMEOUT_MS } from './connect.mjs';
import {
  FLAG,
  frame,
  headerBlock,
  preface,
  readFrames,
  statusOf,
  TYPE,
} from './http2-frames.mjs';

/**
 * Returns the response to each request: `null` if the server resets the stream, and `undefined` if it closes the
 * connection before that.
 */
export function exchangeHttp2(socket, requests) {
  return new Promise((resolve) => {
    const exchange = new Http2Exchange(socket, requests, resolve);
    socket.write(preface());
    for (const [i, request] of requests.entries())
      socket.write(requestFrames(request, 2 * i + 1));
    if (requests.at(-1).aborted) exchange.abort(requests.length);
  });
}

class Http2Exchange {
  #socket;
  #resolve;
  #limit;
  #responses;
  #open;
  #bytes = Buffer.alloc(0);

  constructor(socket, requests, resolve) {
    this.#socket = socket;
    this.#resolve = resolve;
    this.#responses = requests.map(() => ({
      status: 0,
      interim: [],
      body: '',
    }));
    this.#open = new Set(requests.keys());
    this.#limit = setTimeout(() => this.#finish(), TIMEOUT_MS);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('close', () => {
      for (const i of this.#open)
        if (this.#responses[i].status === 0) this.#responses[i] = undefined;
      this.#finish();
    });
    socket.on('error', () => undefined);
  }

  /** Resets the last stream (CANCEL) as soon as its request is sent. */
  abort(count) {
    const cancel = Buffer.from([0, 0, 0, 8]);
    this.#socket.write(frame(TYPE.reset, 0, 2 * count - 1, cancel), () =>
      this.#socket.end(),
    );
  }

  #finish() {
    clearTimeout(this.#limit);
    this.#socket.destroy();
    this.#resolve(this.#responses);
  }

  #read(chunk) {
    const { frames, rest } = readFrames(Buffer.concat([this.#bytes, chunk]));
    this.#bytes = rest;
    for (const received of frames) this.#receive(received);
  }

  #receive({ type, flags, stream, payload }) {
    if (stream > 0) return this.#receiveOnStream(type, flags, stream, payload);
    const isRequest = !(flags & FLAG.ack);
    if (type === TYPE.settings && isRequest)
      this.#socket.write(frame(TYPE.settings, FLAG.ack, 0));
    if (type === TYPE.ping && isRequest)
      this.#socket.write(frame(TYPE.ping, FLAG.ack, 0, payload));
  }

  #receiveOnStream(type, flags, stream, payload) {
    const i = (stream - 1) / 2;
    const response = this.#responses[i];
    if (!this.#open.has(i)) return;
    if (type === TYPE.headers) {
      const status = statusOf(payload);
      if (status < 200) response.interim.push(status);
      else if (response.status === 0) response.status = status;
    }
    if (type === TYPE.data) response.body += payload.toString('latin1');
    if (type === TYPE.reset && response.status === 0) this.#responses[i] = null;
    const isLast = [TYPE.headers, TYPE.data].includes(type)
      ? flags & FLAG.endStream
      : type === TYPE.reset;
    if (!isLast) return;
    this.#open.delete(i);
    if (this.#open.size === 0) this.#finish();
  }
}

/** The frames of a request: HEADERS, perhaps with CONTINUATION, then DATA, then trailers. */
function requestFrames(request, stream) {
  const { fields, body, trailers, indexed } = request;
  const hasBody = body !== undefined && body !== '';
  const frames = headerFrames(request, headerBlock(fields, indexed), stream);
  if (!hasBody && !trailers) frames[0][4] |= FLAG.endStream;
  if (hasBody)
    frames.push(
      frame(
        TYPE.data,
        trailers ? 0 : FLAG.endStream,
        stream,
        Buffer.from(body, 'latin1'),
      ),
    );
  if (trailers)
    frames.push(
      frame(
        TYPE.headers,
        FLAG.endHeaders | FLAG.endStream,
        stream,
        headerBlock(trailers),
      ),
    );
  return Buffer.concat(frames);
}

function headerFrames({ split, padded, prioritized }, block, stream) {
  // Node accepts frames of up to 16,384 bytes, with padding and priority.
  const ends = [...(split ? [5, 9] : []), 16_000, 32_000, 48_000];
  const parts = [0, ...ends]
    .map((start, i) => block.subarray(start, ends[i]))
    .filter((part, i) => i === 0 || part.length > 0);
  const before = Buffer.concat([
    Buffer.from(padded ? [3] : []),
    Buffer.from(prioritized ? [0, 0, 0, 0, 15] : []),
  ]);
  const after = Buffer.alloc(padded ? 3 : 0);
  const flags = (padded ? FLAG.padded : 0) | (prioritized ? FLAG.priority : 0);
  return parts.map((part, i) => {
    const last = i === parts.length - 1 ? FLAG.endHeaders : 0;
    return i === 0
      ? frame(
          TYPE.headers,
          flags | last,
          stream,
          Buffer.concat([before, part, after]),
        )
      : frame(TYPE.continuation, last, stream, part);
  });
}
