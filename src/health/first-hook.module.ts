import {
  Inject,
  Injectable,
  Module,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

/**
 * Runs at the very beginning of a shutdown. Nest calls the hooks of a shutdown module by module, by their distance from
 * the root module and global modules last: a service of the application would disconnect its database before a global
 * module is called.
 */
@Injectable()
export class FirstHook implements OnModuleDestroy {
  /** Nest waits for it before it calls any other `onModuleDestroy`. */
  run: () => Promise<void> = async () => undefined;

  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    for (const module of modules.values())
      if (module.metatype === FirstHookModule) module.distance = -1;
  }

  onModuleDestroy(): Promise<void> {
    return this.run();
  }
}

@Module({ providers: [FirstHook], exports: [FirstHook] })
export class FirstHookModule {}
