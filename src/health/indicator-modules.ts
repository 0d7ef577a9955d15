import type { DynamicModule } from '@nestjs/common';
import type { ResolvedHealthOptions } from './health.options.js';

/**
 * The modules whose exports `health.indicators` may inject: Terminus, which takes longer to load than this library. An
 * application without such checks does not load it.
 */
export function indicatorModules({
  indicators,
}: ResolvedHealthOptions): Promise<DynamicModule>[] {
  return indicators.length === 0 ? [] : [terminus()];
}

async function terminus(): Promise<DynamicModule> {
  const { TerminusModule } = await import('@nestjs/terminus');
  return TerminusModule.forRoot({ logger: false });
}
