import {
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_GUARD, ModulesContainer } from '@nestjs/core';
import { InstanceAddresses } from './addresses/instance-addresses.js';
import { PRIVATE_IP } from './allowed-hosts.decorators.js';
import { AllowedHostsGuard } from './allowed-hosts.guard.js';
import {
  ConfigurableModuleClass,
  EXTRA_NAMES,
  MODULE_OPTIONS_TOKEN,
  type ASYNC_OPTIONS_TYPE,
  type OPTIONS_TYPE,
} from './allowed-hosts.module-definition.js';
import { withOneFactory } from './allowed-hosts.options-factory.js';
import {
  OPTION_NAMES,
  RESOLVED_OPTIONS,
  resolveOptions,
  type AllowedHostsOptions,
  type ResolvedOptions,
} from './allowed-hosts.options.js';
import { AllowedHostsPolicy } from './allowed-hosts.policy.js';
import {
  assertGiven,
  assertRegisteredOnce,
  MARK,
  RegistrationCheck,
} from './allowed-hosts.registration.js';
import { AllowedHosts } from './allowed-hosts.service.js';
import { describeList } from './dynamic-hosts/describe-list.js';
import { HostLookup } from './dynamic-hosts/host-lookup.js';
import { LiveList } from './dynamic-hosts/live-list.js';
import { AllowedHostsGate } from './gate/allowed-hosts.gate.js';
import { HeldResponses } from './gate/held-responses.js';
import { Openings } from './gate/openings.js';
import { ServerGate } from './gate/server.gate.js';
import { AllowedHostsHealth } from './health/allowed-hosts.health.js';
import { Drain } from './health/drain.js';
import { FirstHookModule } from './health/first-hook.module.js';
import {
  RESOLVED_HEALTH_OPTIONS,
  resolveHealthOptions,
} from './health/health.options.js';
import { HealthRoutes } from './health/health.routes.js';
import { HostsIndicator } from './health/hosts.indicator.js';
import { KEEP_ALIVE_TIMEOUT_MS, KeepAlive } from './health/keep-alive.js';
import { ShutdownAdvice } from './health/shutdown-advice.js';
import { checkKeys } from './messages/option-checks.js';
import { Refusals } from './refusals/refusals.js';
import { SeenHosts } from './refusals/seen-hosts.js';

const logger = new Logger('AllowedHosts');
const warn = (message: string) => logger.warn(message);

/**
 * Lets the application serve only its hosts, and adds a health route for load balancers.
 *
 * @example
 * \@Module({ imports: [AllowedHostsModule.forRoot({ hosts: ['example.com', '.example.org'] })] })
 * export class AppModule {}
 */
@Module({
  imports: [FirstHookModule],
  providers: [
    // forRoot() replaces these. Without it, the error is that of RESOLVED_OPTIONS.
    { provide: MODULE_OPTIONS_TOKEN, useValue: undefined },
    { provide: RESOLVED_HEALTH_OPTIONS, useValue: resolveHealthOptions(false) },
    { provide: KEEP_ALIVE_TIMEOUT_MS, useValue: undefined },
    {
      provide: RESOLVED_OPTIONS,
      // Everything else depends on the options, so nothing starts if the module is registered wrongly.
      inject: [MODULE_OPTIONS_TOKEN, ModulesContainer],
      useFactory: (
        given: AllowedHostsOptions | undefined,
        modules: ModulesContainer,
      ) => {
        assertRegisteredOnce(modules);
        return resolveOptions(assertGiven(given));
      },
    },
    {
      provide: LiveList,
      inject: [RESOLVED_OPTIONS],
      useFactory: ({ hosts }: ResolvedOptions) =>
        LiveList.follow(hosts, { warn }),
    },
    {
      provide: HostLookup,
      inject: [RESOLVED_OPTIONS],
      useFactory: ({ lookup }: ResolvedOptions) =>
        lookup ? new HostLookup(lookup, warn) : null,
    },
    {
      provide: InstanceAddresses,
      inject: [RESOLVED_OPTIONS],
      useFactory: ({ addresses }: ResolvedOptions) =>
        InstanceAddresses.discover(addresses, logger),
    },
    {
      provide: PRIVATE_IP,
      inject: [InstanceAddresses],
      useFactory: ({ primary }: InstanceAddresses) => primary,
    },
    {
      provide: SeenHosts,
      inject: [RESOLVED_OPTIONS],
      useFactory: ({ mode }: ResolvedOptions) =>
        mode === 'report' ? new SeenHosts() : null,
    },
    RegistrationCheck,
    AllowedHostsPolicy,
    Refusals,
    Openings,
    HeldResponses,
    AllowedHostsGate,
    ServerGate,
    AllowedHostsGuard,
    { provide: APP_GUARD, useExisting: AllowedHostsGuard },
    AllowedHosts,
    HostsIndicator,
    AllowedHostsHealth,
    HealthRoutes,
    Drain,
    KeepAlive,
    ShutdownAdvice,
  ],
  exports: [
    AllowedHosts,
    AllowedHostsHealth,
    PRIVATE_IP,
    // Dependencies of the guard, for @UseGuards(AllowedHostsGuard) and for guards that extend it.
    AllowedHostsPolicy,
    Refusals,
    ServerGate,
    HeldResponses,
    Openings,
  ],
})
export class AllowedHostsModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationShutdown
{
  static {
    Object.defineProperty(this, MARK, { value: true });
  }

  /** @hidden Nest calls it. */
  constructor(
    @Inject(InstanceAddresses) private readonly addresses: InstanceAddresses,
    @Inject(LiveList) private readonly list: LiveList,
    @Inject(HostLookup) private readonly lookup: HostLookup | null,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    super();
  }

  /**
   * Registers the module with its options.
   *
   * @throws {Error} a sentence that names the option and what to write instead
   */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return super.forRoot(
      checkKeys(
        options,
        [...OPTION_NAMES, ...EXTRA_NAMES],
        'AllowedHostsModule.forRoot',
      ),
    );
  }

  /**
   * Registers the module with options from a factory; `health`, `isGlobal` and `keepAliveTimeoutMs` belong next to it,
   * since routes are registered before factories run. With `useClass` or `useExisting` the factory is a class that implements
   * {@link AllowedHostsOptionsFactory}. The application does not start if the options do not come within 30 s.
   *
   * @throws {Error} a sentence that names the option and what to write instead
   * @example
   * AllowedHostsModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ hosts: config.getOrThrow<string>('ALLOWED_HOSTS') }),
   * })
   */
  static override forRootAsync(
    options: typeof ASYNC_OPTIONS_TYPE,
  ): DynamicModule {
    const { useClass } = options;
    const definition = super.forRootAsync(withOneFactory(options));
    return useClass
      ? {
          ...definition,
          providers: [...(definition.providers ?? []), useClass],
        }
      : definition;
  }

  onModuleInit(): void {
    this.list.keepFollowing();
    logger.log(describeList(this.options.mode, this.list.current.patterns));
  }

  onApplicationShutdown(): void {
    this.addresses.close();
    this.list.close();
    this.lookup?.close();
  }
}
