// Records which code of the application runs, which hosts it reads, and what goes wrong.

/** The code that ran, and the errors, since the last report. */
let ran = [];
let problems = [];

/** Returns and forgets what was recorded. */
export function report() {
  const result = { ran, problems };
  ran = [];
  problems = [];
  return result;
}

/** Records that code ran for a request. */
export function record(what, request) {
  const { headers } = request;
  const read = [
    request.hostname,
    request.host,
    request.authority,
    headers.host,
    headers[':authority'],
  ];
  ran.push([
    headers['x-fuzz'] ?? null,
    what,
    read.filter((value) => value !== undefined),
    isDisconnected(request),
  ]);
}

/** Then the framework does not know its peer, and trusts nobody. */
function isDisconnected({ socket }) {
  try {
    return socket?.remoteAddress === undefined;
  } catch {
    return true; // the socket of an HTTP/2 session that is destroyed
  }
}

/** What Nest and Node report for mistakes of an allowed client. */
const EXPECTED = [
  /^RangeError: Invalid WebSocket frame/,
  /^Error: aborted/,
  /^Error \[ERR_STREAM_PREMATURE_CLOSE\]/,
];

export function recordProblem(error, ...rest) {
  const text = [error?.stack ?? error, ...rest].map(String).join(' ');
  if (!EXPECTED.some((expected) => expected.test(text))) problems.push(text);
}
