import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { AllowedHostsModule } from '../../../src/index.js';
import { AppController } from './sample.controller.js';

/** In production, set ALLOWED_HOSTS. To try the sample, no settings are needed. */
const DEFAULT_HOSTS = 'localhost, example.com, .example.org';

@Module({
  imports: [
    ConfigModule.forRoot(),
    AllowedHostsModule.forRootAsync({
      imports: [ConfigModule],
      inject: [ConfigService],
      health: {
        path: 'health',
        livenessPath: 'livez',
        // Behind a load balancer, write the time that it needs to remove a target: often 20 seconds.
        gracefulShutdownTimeoutMs: 1_000,
        forceCloseAfterMs: 1_000,
      },
      // Longer than a load balancer reuses an idle connection.
      keepAliveTimeoutMs: 65_000,
      useFactory: (config: ConfigService) => ({
        hosts: config.get<string>('ALLOWED_HOSTS', DEFAULT_HOSTS),
      }),
    }),
  ],
  controllers: [AppController],
})
export class AppModule {}
