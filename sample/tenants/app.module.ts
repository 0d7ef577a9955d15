import { Module } from '@nestjs/common';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';
import { AppController } from './app.controller.js';
import { DomainsController } from './domains.controller.js';
import { Domains } from './domains.js';
import { DomainsModule } from './domains.module.js';
import { ForgetChanged } from './forget-changed.js';

/** Each change is published, so a result could be kept for ever. The time limit covers a message that got lost. */
const TTL_MS = Number(process.env['DOMAINS_TTL_MS'] ?? 60_000);

@Module({
  imports: [
    DomainsModule,
    AllowedHostsModule.forRootAsync({
      imports: [DomainsModule],
      inject: [Domains],
      useFactory: (domains: Domains) => ({
        hosts: ['example.com'],
        lookup: { find: (hostname) => domains.has(hostname), ttlMs: TTL_MS },
      }),
    }),
  ],
  controllers: [AppController, DomainsController],
  providers: [ForgetChanged],
})
export class AppModule {}
