import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';
import { AppController } from './app.controller.js';

/** Who deploys it sets ALLOWED_HOSTS; a first look needs no settings. */
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
        // Behind a load balancer, as long as it takes to notice: 20 seconds are usual.
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
