import type {
  INestApplication,
  NestApplicationOptions,
  Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { AllowedHostsModule } from '../../../src/index.js';
import { LogLines } from '../../harness.js';
import type { Answer, Door } from './wire.js';

export type PlatformName = 'express' | 'fastify';

/** A way in which a request reaches code of the application. A row of docs/surfaces.md. */
export interface Surface {
  readonly name: string;
  /** The platforms that have it; both by default. */
  readonly on?: readonly PlatformName[];
  readonly ask: (door: Door, host: string) => Promise<Answer>;
  /** What an allowed host gets. */
  readonly status: number | Readonly<Record<PlatformName, number>>;
  /** Which of the application's code runs for an allowed host, as {@link note}d. */
  readonly runs?: RegExp;
}

/** One application with the surfaces that it has. */
export interface Scene {
  readonly name: string;
  readonly on?: readonly PlatformName[];
  readonly open: (platform: PlatformName) => Promise<Opened>;
  readonly surfaces: readonly Surface[];
}

export interface Opened {
  readonly app: INestApplication;
  readonly door: Door;
  /** Closes what the application does not know of. */
  readonly close?: () => void;
}

export const onlyOurs = () =>
  AllowedHostsModule.forRoot({ hosts: ['example.com'], addresses: false });

export function create(
  module: Type | object,
  adapter: AbstractHttpAdapter,
  options: NestApplicationOptions = {},
): Promise<INestApplication> {
  return NestFactory.create(module as Type, adapter, {
    logger: new LogLines(),
    abortOnError: false,
    forceCloseConnections: true,
    ...options,
  });
}

export function portOf(app: INestApplication): number {
  return (app.getHttpServer().address() as { port: number }).port;
}

export const isOn = (
  { on }: { readonly on?: readonly PlatformName[] },
  platform: PlatformName,
) => on === undefined || on.includes(platform);
