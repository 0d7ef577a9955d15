// refusal-counter.ts
import { Injectable } from '@nestjs/common';
import { AllowedHosts } from '../../../src/index.js';

@Injectable()
export class RefusalCounter {
  readonly counts = new Map<string, number>();

  constructor({ refusals$ }: AllowedHosts) {
    refusals$.subscribe(({ reason }) =>
      this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1),
    );
  }
}
