import {
  Controller,
  Get,
  Header,
  Inject,
  Injectable,
  type Type,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { HealthCheckResult } from '@nestjs/terminus';
import { AllowAnyHost, AllowProbes } from '../allowed-hosts.decorators.js';
import type { ResolvedHealthOptions } from './health.options.js';
import { HealthService } from './health.service.js';

@Injectable()
class HealthChecks {
  constructor(@Inject(HealthService) private readonly health: HealthService) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  check(): Promise<HealthCheckResult> {
    return this.health.check();
  }
}

/** A decorator needs its path when the class is declared, so each registration declares its own. */
export function healthControllerAt({
  path,
  hosts,
}: ResolvedHealthOptions): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  class HealthController extends HealthChecks {}
  if (hosts === 'probes') AllowProbes()(HealthController);
  if (hosts === 'any') AllowAnyHost()(HealthController);
  return HealthController;
}
