import 'reflect-metadata';
import { hostHeaderValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import hostValidation from 'host-validation';
import { hostValidationMiddleware } from 'host-validation-middleware';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';

export const hosts = Array.from(
  { length: 10 },
  (_, i) => `tenant-${i}.example.com`,
);

/** The 12 headers of a browser. */
export const browserHeaders = (host) => [
  ['Host', host],
  ['Connection', 'keep-alive'],
  ['sec-ch-ua', '"Chromium";v="140", "Not=A?Brand";v="24"'],
  ['sec-ch-ua-mobile', '?0'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  ],
  ['Accept', 'application/json'],
  ['Sec-Fetch-Site', 'same-origin'],
  ['Sec-Fetch-Mode', 'cors'],
  ['Referer', 'https://tenant-7.example.com/orders'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'en-GB,en;q=0.9'],
  ['Cookie', 'session=0123456789abcdef0123456789abcdef'],
];

class AppController {
  hello() {
    return 'hello';
  }
}
Controller()(AppController);
Get()(
  AppController.prototype,
  'hello',
  Object.getOwnPropertyDescriptor(AppController.prototype, 'hello'),
);

export const LIBRARY = 'this library';

const middleware = {
  'host-validation': () => hostValidation({ hosts }),
  'host-validation-middleware': () =>
    hostValidationMiddleware({ allowedHosts: hosts }),
  'MCP SDK': () => hostHeaderValidation(hosts),
};

/** The names of the other packages. */
export const peers = Object.keys(middleware);

/** What any check in a global guard takes. */
export const EMPTY_GUARD = 'an empty guard';

/** Starts an application that checks hosts in one of these ways, on a free port. */
export async function start(platform, variant) {
  class AppModule {}
  Module({
    imports:
      variant === LIBRARY
        ? [AllowedHostsModule.forRoot({ hosts: [...hosts, '.example.org'] })]
        : [],
    controllers: [AppController],
  })(AppModule);
  const adapter =
    platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(AppModule, adapter, {
    logger: ['error'],
  });
  if (variant in middleware) app.use(middleware[variant]());
  if (variant === EMPTY_GUARD) app.useGlobalGuards({ canActivate: () => true });
  await app.listen(0, '127.0.0.1');
  return app;
}
