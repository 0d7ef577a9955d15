import 'reflect-metadata';
import { Controller, Get, type ModuleMetadata } from '@nestjs/common';
import {
  AllowedHostsModule,
  AllowHosts,
  AllowProbes,
  type AllowedHostsExtras,
  type AllowedHostsOptions,
} from '../../src/index.js';

/** A route without a rule, and one with each of the usual rules. */
@Controller()
export class HelloController {
  @Get('hello')
  hello() {
    return 'hello';
  }

  @AllowHosts('admin.example.com')
  @Get('admin')
  admin() {
    return 'admin';
  }

  @AllowProbes()
  @Get('ready')
  ready() {
    return 'ready';
  }
}

/** A page at `/`, which {@link helloApp} has not. */
@Controller()
export class HelloPage {
  @Get()
  page() {
    return 'Hello World!';
  }
}

/** An application that allows example.com unless the options say otherwise. */
export const helloApp = (
  options: Partial<AllowedHostsOptions & AllowedHostsExtras> = {},
  more: ModuleMetadata = {},
) => ({
  module: class AppModule {},
  ...more,
  imports: [
    ...(more.imports ?? []),
    AllowedHostsModule.forRoot({
      hosts: ['example.com'],
      addresses: false,
      ...options,
    }),
  ],
  controllers: [HelloController, ...(more.controllers ?? [])],
});
