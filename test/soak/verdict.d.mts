export interface Sample {
  /** By `Date.now()`. */
  readonly at: number;
  readonly cpuUs: number;
  readonly requests: number;
  /** In bytes, as `rss`. */
  readonly heap: number;
  readonly rss: number;
  readonly sockets: number;
  readonly resources: Readonly<Record<string, number>>;
  readonly yardstickUs: number;
  readonly pauseMs: number;
}

/** Judges the samples of a run: a sentence for each figure that failed. */
export function verdictOn(samples: readonly Sample[]): {
  readonly failures: Readonly<Record<string, string>>;
};
