// Sends raw requests over one connection, as many at once as will do, and reads the answers as bytes.
import { connect } from 'node:net';

const TIMEOUT_MS = 5000;

/**
 * The answer to each request: `{ status, interim, body }`, with status 0 where nothing came in time, or `null` where
 * the connection was closed without one.
 */
export async function askAll(port, requests) {
  const answers = new Map();
  const together = requests.filter(({ alone }) => !alone);
  const got = await overOneConnection(port, together);
  // Node answers what it cannot parse before what is still being served: then it is not known which
  // answer is whose, and each is asked again by itself.
  const inOrder = got.length === together.length;
  if (inOrder)
    for (const [i, request] of together.entries()) answers.set(request, got[i]);
  for (const request of requests) {
    if (answers.has(request)) continue;
    const [answer = null] = await overOneConnection(port, [request]);
    answers.set(request, answer);
  }
  return requests.map((request) => answers.get(request));
}

function overOneConnection(port, requests) {
  if (requests.length === 0) return [];
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answers = [];
    let text = '';
    let interim = [];
    const done = () => {
      clearTimeout(limit);
      socket.destroy();
      resolve(answers);
    };
    const limit = setTimeout(() => {
      answers.push({ status: 0, interim, body: text });
      done();
    }, TIMEOUT_MS);
    const read = (ended) => {
      while (answers.length < requests.length) {
        const answer = firstAnswer(text, requests[answers.length], ended);
        if (answer === undefined) break;
        text = text.slice(answer.length);
        if (answer.interim) {
          interim.push(answer.status);
          continue;
        }
        answers.push({ status: answer.status, interim, body: answer.body });
        interim = [];
      }
      if (ended || answers.length === requests.length) done();
    };
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      read(false);
    });
    socket.on('close', () => read(true));
    // A server that refuses early may close before it has read all: the close says so.
    socket.on('error', () => undefined);
    const bytes = Buffer.from(
      requests.map((request) => request.bytes).join(''),
      'latin1',
    );
    // The end of what we send comes with the last, so that a body cut short is seen to be.
    if (requests.at(-1).cut) socket.end(bytes);
    else socket.write(bytes);
  });
}

function firstAnswer(text, { method }, ended) {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const status = Number(head.slice(9, 12));
  const from = headEnd + 4;
  const whole = (length, body = '') => ({ status, length, body });
  if (status < 200 && status !== 101) return { ...whole(from), interim: true };
  const bodiless = method === 'HEAD' || status === 204 || status === 304;
  if (bodiless || status === 101) return whole(from);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length) {
    const end = from + Number(length[1]);
    return text.length < end ? undefined : whole(end, text.slice(from, end));
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    const end = text.indexOf('0\r\n\r\n', from);
    return end < 0 ? undefined : whole(end + 5, text.slice(from, end));
  }
  return ended ? whole(text.length, text.slice(from)) : undefined;
}
