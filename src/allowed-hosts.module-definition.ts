import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { AllowedHostsOptions } from './allowed-hosts.options.js';
import { healthControllers } from './health/health.controller.js';
import {
  RESOLVED_HEALTH_OPTIONS,
  resolveHealthOptions,
  type HealthOptions,
} from './health/health.options.js';
import { indicatorModules } from './health/indicator-modules.js';
import { KEEP_ALIVE_TIMEOUT_MS } from './health/keep-alive.js';
import { checkMilliseconds, checkOneOf } from './messages/option-checks.js';

/** Options next to the factory of `forRootAsync`: routes are registered before factories run. */
export interface AllowedHostsExtras {
  /**
   * Whether `AllowedHosts` and the private address can be injected everywhere.
   *
   * @default true
   */
  isGlobal?: boolean;
  /** The health routes and the end of the process; `false` for no route and no wait at the end. */
  health?: false | HealthOptions;
  /**
   * How long the HTTP servers keep an idle connection, in ms. An AWS load balancer reuses one for 60 s, Node closes it
   * after 5 s: write 65_000. By default the servers stay as they are.
   *
   * @default undefined
   */
  keepAliveTimeoutMs?: number | undefined;
}

export const EXTRA_NAMES = ['isGlobal', 'health', 'keepAliveTimeoutMs'];
export const ASYNC_NAMES = [
  'imports',
  'inject',
  'useFactory',
  'useClass',
  'useExisting',
  'provideInjectionTokensFrom',
];

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<AllowedHostsOptions>({
  moduleName: 'AllowedHosts',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createAllowedHostsOptions')
  .setExtras<AllowedHostsExtras>(
    { isGlobal: true, health: {}, keepAliveTimeoutMs: undefined },
    (definition, { isGlobal = true, health, keepAliveTimeoutMs }) => {
      checkOneOf(isGlobal, [true, false], 'isGlobal');
      if (keepAliveTimeoutMs !== undefined)
        checkMilliseconds(keepAliveTimeoutMs, 'keepAliveTimeoutMs', 1);
      const resolved = resolveHealthOptions(health);
      return {
        ...definition,
        global: isGlobal,
        imports: [...(definition.imports ?? []), ...indicatorModules(resolved)],
        controllers: healthControllers(resolved),
        providers: [
          ...(definition.providers ?? []),
          { provide: RESOLVED_HEALTH_OPTIONS, useValue: resolved },
          { provide: KEEP_ALIVE_TIMEOUT_MS, useValue: keepAliveTimeoutMs },
        ],
      };
    },
  )
  .build();
