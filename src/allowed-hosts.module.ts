import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_GUARD, DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { InstanceAddresses } from './addresses/instance-addresses.js';
import { PRIVATE_IP } from './allowed-hosts.decorators.js';
import { AllowedHostsGate } from './allowed-hosts.gate.js';
import { AllowedHostsGuard } from './allowed-hosts.guard.js';
import {
  ASYNC_NAMES,
  EXTRA_NAMES,
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  type OPTIONS_TYPE,
} from './allowed-hosts.module-definition.js';
import {
  RESOLVED_OPTIONS,
  type ResolvedOptions,
  OPTION_NAMES,
  resolveOptions,
} from './allowed-hosts.options.js';
import { AllowedHostsPolicy } from './allowed-hosts.policy.js';
import { AllowedHosts } from './allowed-hosts.service.js';
import { Drain } from './health/drain.js';
import { HealthService } from './health/health.service.js';
import { HostsIndicator } from './health/hosts.indicator.js';
import { describeList } from './lists/describe-list.js';
import { checkKeys } from './wording/option-checks.js';
import { HostLookup } from './lists/host-lookup.js';
import { LiveList } from './lists/live-list.js';
import { Refusals } from './refusals/refusals.js';
import { SeenHosts } from './refusals/seen-hosts.js';
import { RuledRoutes } from './ruled-routes.js';
import { ServerGate } from './server-gate.js';

const logger = new Logger('AllowedHosts');
const warn = (message: string) => logger.warn(message);

/**
 * Makes the application answer only to its hosts, and its health route to load balancers.
 *
 * @example
 * \@Module({ imports: [AllowedHostsModule.forRoot({ hosts: ['example.com', '.example.org'] })] })
 * export class AppModule {}
 */
@Module({
  // Terminus would log every failed probe; HealthService logs the changes.
  imports: [DiscoveryModule, TerminusModule.forRoot({ logger: false })],
  providers: [
    {
      provide: RESOLVED_OPTIONS,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: resolveOptions,
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
    AllowedHostsPolicy,
    Refusals,
    RuledRoutes,
    AllowedHostsGate,
    ServerGate,
    AllowedHostsGuard,
    { provide: APP_GUARD, useExisting: AllowedHostsGuard },
    AllowedHosts,
    HostsIndicator,
    HealthService,
    Drain,
  ],
  exports: [
    AllowedHosts,
    PRIVATE_IP,
    // What the guard needs, for @UseGuards(AllowedHostsGuard) and for guards that extend it.
    AllowedHostsPolicy,
    Refusals,
    ServerGate,
  ],
})
export class AllowedHostsModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationShutdown
{
  constructor(
    @Inject(InstanceAddresses) private readonly addresses: InstanceAddresses,
    @Inject(LiveList) private readonly list: LiveList,
    @Inject(HostLookup) private readonly lookup: HostLookup | null,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    super();
    const registered = [...modules.values()].filter(
      ({ metatype }) => metatype === AllowedHostsModule,
    );
    if (registered.length > 1) {
      this.onApplicationShutdown(); // which Nest does not call where the start fails
      throw new Error(
        'AllowedHostsModule is registered more than once: keep one forRoot or forRootAsync, in the root module. Hosts for single routes go into @AllowHosts().',
      );
    }
  }

  /**
   * Registers the module with options at hand.
   *
   * @throws {Error} a sentence that names the option at fault and says what to write instead
   */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    checkKeys(
      options,
      [...OPTION_NAMES, ...EXTRA_NAMES],
      'AllowedHostsModule.forRoot',
    );
    return super.forRoot(options);
  }

  /**
   * Registers the module with options that a factory gives; `health` and `isGlobal` stand beside it, since routes
   * are known before factories run.
   *
   * @example
   * AllowedHostsModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ hosts: config.getOrThrow<string>('ALLOWED_HOSTS') }),
   * })
   */
  static override forRootAsync(
    options: typeof ASYNC_OPTIONS_TYPE,
  ): DynamicModule {
    checkKeys(
      options,
      [...ASYNC_NAMES, ...EXTRA_NAMES],
      'AllowedHostsModule.forRootAsync',
    );
    return super.forRootAsync(options);
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
