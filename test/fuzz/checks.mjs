// Compares what happened with what the oracle allows.
import { printable } from './findings.mjs';
import { judge } from './oracle/judge.mjs';

const REFUSAL = 'Host not allowed';
const UNAVAILABLE = 'Host cannot be checked';
/** Fastify's own response while it closes. */
const CLOSING =
  '{"error":"Service Unavailable","message":"Service Unavailable","statusCode":503}';
/** What ws responds then, on its own server too. */
const WS_CLOSING = 'Service Unavailable';
/** What the filter of the application writes. */
const FILTERED = '"filtered":true';
const HEALTH = /health|livez|%/i;

/** Checks the results of the requests of one application. */
export class Checks {
  /** Nothing changes in the application while requests are sent. */
  isSettled = true;
  /** The application is closing: its readiness is 503, and it may close connections without a response. */
  isEnding = false;
  counts = { served: 0, refused: 0, other: 0, closed: 0 };
  #seed;
  #setting;
  #findings;
  /** Requests of disallowed hosts that were served in report mode, until the report. */
  #served = new Map();

  constructor(seed, setting, findings) {
    this.#seed = seed;
    this.#setting = setting;
    this.#findings = findings;
  }

  judge(request) {
    const isSettled = request.isSettled && this.isSettled;
    return judge(request, this.#setting, isSettled);
  }

  response(request, response) {
    this.counts[this.#check(request, response)]++;
  }

  /** Checks one response and returns its column in the table. */
  #check(request, response) {
    const judgement = this.judge(request);
    const label = this.#label(request);
    if (response === null) {
      if (request.isValid && judgement.mustPass && !this.isEnding)
        this.#findings.add('lost', label);
      return 'closed';
    }
    const { status, interim, body } = response;
    if (this.#isFault(request, response, judgement))
      this.#findings.add(
        'fault',
        `${status} ${printable(body.slice(0, 100))} to ${label}`,
      );
    const refused = body.includes(REFUSAL);
    // Without a listener, as after the adapter of WebSockets has closed, Node treats an upgrade like any other request.
    const isStray = this.isEnding && judgement.isUpgrade;
    if (refused && (this.#isReporting || (judgement.mustPass && !isStray)))
      this.#findings.add('refused', label);
    if (this.#isUnfiltered(body, judgement))
      this.#findings.add('filter', label);
    const continued = interim.length > 0 && !judgement.mayContinue;
    if (continued || (status < 400 && !judgement.mayBeServed)) {
      const text = `${[...interim, status].join()} to ${label}`;
      if (this.#isReporting) this.#served.set(`${request.index}`, text);
      else this.#findings.add('served', text);
    }
    if (refused || (status === 400 && !judgement.mayBeServed)) return 'refused';
    return status < 400 ? 'served' : 'other';
  }

  #isFault(request, { status, body }, judgement) {
    // engine.io responds so to other methods in an open session.
    const { method, target } = request;
    if (status === 500 && body === '' && !/^(?:GET|POST)$/.test(method))
      return !target.includes('&sid=');
    if (status === 500 && judgement.isWithoutHostAtGraphql) return false;
    // Over HTTP/1 Node itself responds 400, without a body.
    if (
      request.authorities &&
      status === this.#setting.statusCode &&
      body === ''
    )
      return method !== 'HEAD';
    if (status !== 503) return status === 0 || status >= 500;
    const isClosing =
      body === (method === 'HEAD' ? '' : CLOSING) ||
      (judgement.isUpgrade && body === WS_CLOSING);
    const isDraining =
      this.isEnding && (HEALTH.test(request.target) || isClosing);
    const isUnavailable = body.includes(UNAVAILABLE) || method === 'HEAD';
    return !isDraining && !(isUnavailable && judgement.mayBeUnavailable);
  }

  /** In report mode nothing is refused; each request that would be is reported. */
  get #isReporting() {
    return this.#setting.mode === 'report';
  }

  #isUnfiltered(body, judgement) {
    return (
      this.#setting.filter &&
      body.includes(REFUSAL) &&
      judgement.mustBeFiltered &&
      !body.includes(FILTERED)
    );
  }

  /** Checks which code of the application ran for which request. */
  report({ ran, refused, problems }, requests) {
    const reported = new Set(this.#isReporting ? refused : []);
    this.#checkReported(reported, requests);
    for (const [id, code, read, isDisconnected] of ran) {
      // Sessions of socket.io are opened by a listed host.
      if (id === 'session' || reported.has(id)) continue;
      const request = requests.get(id);
      if (request === undefined) {
        this.#findings.add('inner', `${code} ran for ${id}`);
        continue;
      }
      const judgement = this.judge(request);
      const label = `${code}: ${this.#label(request)}`;
      // In report mode each listener of the server gets what a rule allows.
      const ruled = this.#isReporting && judgement.mayBeServed;
      if (!ruled && !judgement.mayRun(code, isDisconnected))
        this.#findings.add('ran', label);
      if (!ruled && !read.every((value) => judgement.mayRead(value, code)))
        this.#findings.add('read', `${JSON.stringify(read)} in ${label}`);
    }
    for (const text of problems) this.#findings.add('quiet', text);
  }

  #checkReported(reported, requests) {
    for (const id of reported) {
      const request = requests.get(id);
      // The guard refuses each message of a WebSocket by itself.
      if (request && !request.frames && this.judge(request).mustPass)
        this.#findings.add('refused', this.#label(request));
    }
    for (const [id, text] of this.#served)
      if (!reported.has(id)) this.#findings.add('served', text);
    this.#served.clear();
  }

  #label({ index, text }) {
    return `--seed ${this.#seed} --only ${index}: ${printable(text)}`;
  }
}
