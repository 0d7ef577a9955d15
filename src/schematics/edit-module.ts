import { styleOf } from './code-style.js';
import { applyEdits } from './edits.js';
import { importNames } from './imports.js';
import { addToImports, metadataOf } from './module-metadata.js';
import { parse } from './syntax.js';
import type { TypeScript } from './typescript.js';

/** How the module is imported, and what that needs from `@nestjs/config`. */
export interface Registration {
  readonly code: string;
  readonly fromConfig: readonly string[];
}

/** For applications without `@nestjs/config`. */
export const fromEnvironment: Registration = {
  code: `AllowedHostsModule.forRoot({
  hosts: process.env.ALLOWED_HOSTS ?? 'loopback',
})`,
  fromConfig: [],
};

/** For applications with `@nestjs/config`. */
export const fromConfigService: Registration = {
  code: `AllowedHostsModule.forRootAsync({
  imports: [ConfigModule],
  inject: [ConfigService],
  useFactory: (config: ConfigService) => ({
    hosts: config.get<string>('ALLOWED_HOSTS', 'loopback'),
  }),
})`,
  fromConfig: ['ConfigModule', 'ConfigService'],
};

/**
 * Imports this package's module in a module of the application.
 *
 * @returns undefined if the file is not understood
 */
export function editModule(
  typescript: TypeScript,
  text: string,
  className: string,
  { code, fromConfig }: Registration,
): string | undefined {
  const file = parse(typescript, text);
  const style = styleOf(text);
  const metadata = metadataOf(typescript, file, className);
  const added = metadata && addToImports(typescript, metadata, style, code);
  if (added === undefined) return undefined;
  const names = (list: readonly string[], from: string) =>
    importNames(typescript, file, style, list, from);
  return applyEdits(text, [
    ...names(fromConfig, '@nestjs/config'),
    ...names(['AllowedHostsModule'], 'nestjs-allowed-hosts'),
    ...added,
  ]);
}
