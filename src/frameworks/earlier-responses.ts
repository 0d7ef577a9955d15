import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A socket of HTTP/1 leads to the response that is under way on it. */
export type HttpSocket = Socket & {
  readonly _httpMessage?: (ServerResponse & Internals) | null;
};

interface Internals {
  /** Of all that Node keeps of a connection, only this function still leads to it after an upgrade. */
  readonly _onPendingData?: (bytes: number) => void;
}

/**
 * Calls a function once the responses to earlier requests on the connection of an upgrade or a CONNECT have been sent. A
 * client may pipeline it behind them, and Node emits the event at once. Node still sends the queued responses after it,
 * each when the one before has finished.
 *
 * If the connection ends first, the function is never called.
 */
export function afterEarlierResponses(
  socket: HttpSocket,
  callback: () => void,
): void {
  if (socket._httpMessage) superviseAgain(socket);
  const next = () => {
    // Stryker disable next-line ConditionalExpression: later writes would fail, and their errors are ignored
    if (!socket.writable) return;
    const response = socket._httpMessage;
    if (response) response.once('close', next);
    else callback();
  };
  next();
}

/**
 * Replaces the listeners that Node removes from the socket before it emits the event. Without them a response waits
 * forever for the socket to drain, and neither a time limit nor a client that disconnects ends its request.
 */
function superviseAgain(socket: HttpSocket): void {
  const drain = () => socket._httpMessage?._onPendingData?.(0);
  const end = () => socket.end();
  const abort = () => socket._httpMessage?.req.destroy();
  socket.on('drain', drain);
  socket.on('timeout', () => {
    if (!socket._httpMessage?.emit('timeout', socket)) socket.destroy();
  });
  socket.once('end', end);
  socket.once('close', abort);
  // These events may have come while the verdict was pending.
  if (socket.closed) abort();
  else if (socket.readableEnded) end();
  else if (!socket.writableNeedDrain) drain();
}
