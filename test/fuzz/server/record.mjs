// Records which code of the application runs, which hosts it reads, and what goes wrong.

/** The code that ran, the requests that the library refused, and the errors, since the last report. */
let ran = [];
let refused = [];
let problems = [];

/** Returns and forgets what was recorded. */
export function report() {
  const result = { ran, refused, problems };
  ran = [];
  refused = [];
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

/** Records a refusal; in report mode, one that would be. The client writes its identifier into User-Agent too. */
export function recordRefusal({ userAgent }) {
  refused.push(userAgent ?? null);
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
  // Nest 11 logs what its body parser throws.
  /^BadRequestError: request aborted/,
  /^Error \[ERR_STREAM_PREMATURE_CLOSE\]/,
  // Fastify's integration of Apollo makes a URL of the host, and a rule allows requests without a host.
  /^TypeError: Invalid URL.*at fastifyRequestToGraphQLRequest/s,
];

export function recordProblem(error, ...rest) {
  const text = [error?.stack ?? error, ...rest].map(String).join(' ');
  if (!EXPECTED.some((expected) => expected.test(text))) problems.push(text);
}
