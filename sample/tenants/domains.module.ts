import { Logger, Module } from '@nestjs/common';
import { Domains } from './domains.js';
import { MemoryDomains } from './memory-domains.js';
import { RedisDomains } from './redis-domains.js';

@Module({
  providers: [{ provide: Domains, useFactory: openDomains }],
  exports: [Domains],
})
export class DomainsModule {}

async function openDomains(): Promise<Domains> {
  const url = process.env['REDIS_URL'];
  if (!url) return inMemory('REDIS_URL is not set');
  try {
    return await RedisDomains.open(url);
  } catch (error) {
    return inMemory(`Redis at REDIS_URL does not answer (${String(error)})`);
  }
}

function inMemory(reason: string): MemoryDomains {
  new Logger('Domains').warn(
    `${reason}: domains are kept in the memory of this process alone.`,
  );
  return new MemoryDomains();
}
