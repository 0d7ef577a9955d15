// Resolves the packages of the application, and those of the library, from test/nest-11: `node --import nest-11.mjs …`.
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const parentURL = pathToFileURL(
  join(import.meta.dirname, '../../nest-11/package.json'),
).href;
const SELF = 'nestjs-allowed-hosts';

export function resolve(specifier, context, next) {
  const isBare = /^(?:@|\w)/.test(specifier) && !specifier.includes(':');
  const isOwn = !context.parentURL?.includes('/node_modules/');
  return isBare && isOwn && specifier !== SELF
    ? next(specifier, { ...context, parentURL })
    : next(specifier, context);
}

// Node 20 has register() only, which loads this file once more, in a thread; newer versions of Node warn about it.
if (nodeModule.registerHooks) nodeModule.registerHooks({ resolve });
else if (isMainThread) nodeModule.register(import.meta.url);
