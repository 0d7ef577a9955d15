// Checks what each client got.
import { Checks } from '../../fuzz/checks.mjs';
import { printable } from '../../fuzz/findings.mjs';
import { mayMeetOutage } from '../outages.mjs';
import { SETTING } from '../settings.mjs';

/** Far more than are sent until a request gets its response. */
const KEPT_REQUESTS = 5000;
const UNAVAILABLE = 'Host cannot be checked';

export class ClientChecks {
  /** Responses by what the client is. */
  counts = { numbered: 0, hostile: 0, slow: 0, balancer: 0 };
  #findings;
  #oracle;
  /** The requests of the fuzz that may still be served, by their index, oldest first. */
  #requests = new Map();

  constructor(findings, seed) {
    this.#findings = findings;
    this.#oracle = new Checks(seed, SETTING, findings);
    this.#oracle.isSettled = false;
  }

  /** A response on a connection with several requests: it must be that to the request at its turn. */
  numbered(request, response, sentAt) {
    const { number, statuses, inOutage, bytes } = request;
    if (response === undefined)
      return this.#findings.add('lost', printable(bytes));
    this.counts.numbered++;
    const { status, headers } = response;
    if (headers['x-number'] !== String(number))
      this.#findings.add(
        'turn',
        `${status} with number ${headers['x-number']} to ${printable(bytes)}`,
      );
    const mayFail = mayMeetOutage(sentAt, Date.now());
    if (!(mayFail ? inOutage : statuses).includes(status))
      this.#findings.add('status', `${status} to ${printable(bytes)}`);
  }

  /** A request of the fuzz is about to be sent. */
  sent(requests) {
    for (const request of requests)
      this.#requests.set(`${request.index}`, request);
  }

  /** A response to a request of the fuzz. */
  hostile(request, response, sentAt) {
    this.counts.hostile++;
    const isUnavailable =
      response?.status === 503 &&
      (response.body.includes(UNAVAILABLE) || request.method === 'HEAD');
    if (isUnavailable && mayMeetOutage(sentAt, Date.now())) return;
    this.#oracle.response(request, response);
  }

  /** The response to a slow client, or to an upgrade. */
  slow(what, response, status) {
    this.counts.slow++;
    if (response?.status !== status)
      this.#findings.add('status', `${response?.status ?? 'none'} to ${what}`);
  }

  /** The response to a check of a balancer. */
  balancer(what, status, expected, sentAt) {
    this.counts.balancer++;
    const isOutage = expected === 400 && mayMeetOutage(sentAt, Date.now());
    if (status !== expected && !(isOutage && status === 503))
      this.#findings.add('status', `${status} to ${what}`);
  }

  /** Which code of the application ran, and what went wrong in it, since the last report. */
  report({ ran, problems }) {
    const ofFuzz = ran.filter(([id]) => !`${id}`.startsWith('soak-'));
    for (const [id, code, read] of ran)
      if (id === 'soak-refused')
        this.#findings.add('ran', `${code} for ${JSON.stringify(read)}`);
    this.#oracle.report({ ran: ofFuzz, problems }, this.#requests);
    for (const index of this.#requests.keys()) {
      if (this.#requests.size <= KEPT_REQUESTS) break;
      this.#requests.delete(index);
    }
  }
}
