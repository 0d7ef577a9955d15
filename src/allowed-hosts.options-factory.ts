import type { InjectionToken } from '@nestjs/common';
import {
  ASYNC_NAMES,
  EXTRA_NAMES,
  type ASYNC_OPTIONS_TYPE,
} from './allowed-hosts.module-definition.js';
import type { AllowedHostsOptions } from './allowed-hosts.options.js';
import { checkKeys } from './messages/option-checks.js';
import { quoted } from './messages/printable.js';

/**
 * The provider that `useClass` and `useExisting` of `AllowedHostsModule.forRootAsync` name: it creates the options.
 *
 * @example
 * \@Injectable()
 * export class HostsConfig implements AllowedHostsOptionsFactory {
 *   constructor(private readonly config: ConfigService) {}
 *
 *   createAllowedHostsOptions(): AllowedHostsOptions {
 *     return { hosts: this.config.getOrThrow<string>('ALLOWED_HOSTS') };
 *   }
 * }
 */
export interface AllowedHostsOptionsFactory {
  createAllowedHostsOptions():
    AllowedHostsOptions | Promise<AllowedHostsOptions>;
}

type AsyncOptions = typeof ASYNC_OPTIONS_TYPE;

/**
 * The same options with a `useFactory` instead of `useClass` or `useExisting`. It rejects if it gets no options in time.
 *
 * @throws {Error} a sentence that names the option at fault and says what to write instead
 */
export function withOneFactory(given: AsyncOptions): AsyncOptions {
  const { useFactory, useClass, useExisting, ...rest } = checkKeys(
    given,
    [...ASYNC_NAMES, ...EXTRA_NAMES],
    WHERE,
  );
  const token = useClass ?? useExisting;
  const found = [useFactory, useClass, useExisting].filter(Boolean).length;
  if (found !== 1)
    throw new Error(
      `${WHERE} has ${found === 0 ? 'none' : 'more than one'} of useFactory, useClass and useExisting: write one of them.`,
    );
  if (token !== undefined)
    return {
      ...rest,
      inject: [token],
      useFactory: (factory: unknown) =>
        optionsFrom(METHOD, callOn(factory, token)),
    };
  if (typeof useFactory !== 'function')
    throw new Error(
      `${WHERE}: useFactory is ${quoted(useFactory)}: write a function that returns { hosts: ... }.`,
    );
  return {
    ...rest,
    useFactory: (...injected: unknown[]) =>
      optionsFrom('useFactory', () => useFactory(...injected)),
  };
}

type Create = AllowedHostsOptionsFactory['createAllowedHostsOptions'];

function callOn(factory: unknown, token: InjectionToken): Create {
  if (isFactory(factory)) return () => factory.createAllowedHostsOptions();
  const name = typeof token === 'function' ? token.name : String(token);
  throw new Error(
    `${WHERE}: ${name} has no method ${METHOD}: let the class implement AllowedHostsOptionsFactory.`,
  );
}

function isFactory(value: unknown): value is AllowedHostsOptionsFactory {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, METHOD) === 'function'
  );
}

async function optionsFrom(
  name: string,
  create: Create,
): Promise<AllowedHostsOptions> {
  let timer: NodeJS.Timeout | undefined;
  // This timer also keeps a process alive that waits for nothing else.
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new Error(
          `${WHERE}: ${name} returned no options within ${LIMIT_MS / 1000} s: check what it awaits.`,
        ),
      );
    }, LIMIT_MS);
  });
  try {
    const options: unknown = await Promise.race([create(), late]);
    if (typeof options === 'object' && options !== null)
      return options as AllowedHostsOptions;
    throw new Error(
      `${WHERE}: ${name} returned ${quoted(options)}: return an object such as { hosts: "example.com" }.`,
    );
  } finally {
    clearTimeout(timer);
  }
}

const WHERE = 'AllowedHostsModule.forRootAsync';
const METHOD = 'createAllowedHostsOptions';
const LIMIT_MS = 30_000;
