/**
 * Starts an application with the built package, and prints the files of the package that were loaded, and Terminus if it
 * was: `loaded-files.mjs <esm|cjs> <fixed|changing|checked>`.
 */
import 'reflect-metadata';
import { createRequire, register } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { NestFactory } from '@nestjs/core';
import { of } from 'rxjs';

const [, , format, kind] = process.argv;
const dist = join(import.meta.dirname, '../../dist', format);
const require = createRequire(import.meta.url);
const { port1, port2 } = new MessageChannel();
const hooks = `
  let port;
  export const initialize = (data) => (port = data);
  export const load = (url, context, next) => { port.postMessage(url); return next(url, context); };
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
  data: port2,
  transferList: [port2],
});

const entry = join(dist, 'index.js');
const { AllowedHostsModule } =
  format === 'esm' ? await import(entry) : require(entry);
const hosts = kind === 'changing' ? of('example.com') : 'example.com';
class Check {
  check() {
    return { database: { status: 'up' } };
  }
}
const indicators = kind === 'checked' ? [Check] : [];
const app = await NestFactory.create(
  {
    module: class AppModule {},
    imports: [AllowedHostsModule.forRoot({ hosts, health: { indicators } })],
  },
  { logger: false },
);
await app.init();
await app.close();

const loaded = new Set(Object.keys(require.cache));
for (let next; (next = receiveMessageOnPort(port1));)
  if (next.message.startsWith('file:')) loaded.add(fileURLToPath(next.message));
port1.close();
const files = [...loaded]
  .filter((path) => path.startsWith(dist))
  .map((path) => path.slice(dist.length + 1));
const terminus = join('node_modules', '@nestjs', 'terminus');
if ([...loaded].some((path) => path.includes(terminus)))
  files.push('@nestjs/terminus');
console.log(JSON.stringify(files));
