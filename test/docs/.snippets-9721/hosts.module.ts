// hosts.module.ts
import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { AllowedHostsModule } from '../../../src/index.js';

@Module({
  imports: [
    AllowedHostsModule.forRootAsync({
      imports: [ConfigModule.forRoot()],
      inject: [ConfigService],
      health: { gracefulShutdownTimeoutMs: 20_000 }, // next to useFactory, not in what it returns
      useFactory: (config: ConfigService) => ({
        hosts: config.getOrThrow<string>('ALLOWED_HOSTS'),
      }),
    }),
  ],
})
export class HostsModule {}
