import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { AllowedHostsOptions } from './allowed-hosts.options.js';
import { healthControllerAt } from './health/health.controller.js';
import {
  type HealthOptions,
  RESOLVED_HEALTH_OPTIONS,
  resolveHealthOptions,
} from './health/health.options.js';
import { checkOneOf } from './messages/option-checks.js';

/** What stands beside the factory of `forRootAsync`, since routes are known before factories run. */
export interface AllowedHostsExtras {
  /**
   * Whether `AllowedHosts` and the private address can be injected everywhere.
   *
   * @default true
   */
  isGlobal?: boolean;
  /** The health route; `false` for none. */
  health?: false | HealthOptions;
}

export const EXTRA_NAMES = ['isGlobal', 'health'];
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
    { isGlobal: true, health: {} },
    (definition, { isGlobal = true, health }) => {
      checkOneOf(isGlobal, [true, false], 'isGlobal');
      const resolved = resolveHealthOptions(health);
      return {
        ...definition,
        global: isGlobal,
        controllers: resolved === false ? [] : [healthControllerAt(resolved)],
        providers: [
          ...(definition.providers ?? []),
          { provide: RESOLVED_HEALTH_OPTIONS, useValue: resolved },
        ],
      };
    },
  )
  .build();
