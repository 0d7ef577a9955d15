import {
  headerOf,
  type Exchange,
  type HttpResponse,
} from '../http/exchange.js';
import { outcomeOf, type Outcome } from './compare.js';
import { FOREIGN_HOST, type Probe, type Result, type Topic } from './probe.js';
import type { Target } from './target.js';

/** A result that has a response. */
export interface Answered {
  readonly probe: Probe;
  readonly response: HttpResponse;
}

/** The results of a check, with the questions that findings have. */
export class Results {
  readonly all: readonly Result[];
  readonly target: Target;

  constructor(all: readonly Result[], target: Target) {
    this.all = all;
    this.target = target;
  }

  /** The results of a kind, and of a topic if one is given, that were sent. */
  of(kind: Probe['kind'], topic?: Topic): readonly Result[] {
    return this.all.filter(
      ({ probe, exchange }) =>
        probe.kind === kind &&
        exchange !== undefined &&
        (topic === undefined || probe.topic === topic),
    );
  }

  responses(kind: Probe['kind'], topic?: Topic): readonly Answered[] {
    return this.of(kind, topic).flatMap(({ probe, exchange }) =>
      exchange?.kind === 'response' ? [{ probe, response: exchange }] : [],
    );
  }

  /** What the first host of the user got for the same kind of request. */
  own(topic: Topic): Exchange | undefined {
    const [found] = this.of('own', topic);
    return (found ?? this.of('own', 'page')[0])?.exchange;
  }

  outcome({ probe, exchange }: Result): Outcome {
    if (exchange === undefined) return 'silent';
    const own = [this.target.own, this.target.ownName];
    const foreign = probe.request.hosts.filter((host) => !own.includes(host));
    return outcomeOf(exchange, this.own(probe.topic), own, [
      ...foreign,
      FOREIGN_HOST,
    ]);
  }

  foreign(topic: Topic, ...outcomes: readonly Outcome[]): readonly Probe[] {
    return this.of('foreign', topic)
      .filter((result) => outcomes.includes(this.outcome(result)))
      .map(({ probe }) => probe);
  }
}

/** `400 Bad Request`, or where a redirect leads. */
export function statusOf(response: HttpResponse): string {
  const { status, reason } = response;
  const location = headerOf(response, 'location');
  const text = reason === '' ? `${status}` : `${status} ${reason}`;
  return status >= 300 && status < 400 && location !== ''
    ? `${text} to ${location}`
    : text;
}
