import type {
  INestApplication,
  NestApplicationOptions,
  Type,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { AllowedHostsModule } from '../../../src/index.js';
import { closeLater } from '../../support/app.js';
import { LogLines } from '../../support/log-lines.js';
import type { Connect, RawResponse } from '../../support/raw-client.js';

export type PlatformName = 'express' | 'fastify';

/** A way for a request to reach code of the application: a row of docs/surfaces.md. */
export interface Surface {
  readonly name: string;
  /** The platforms that have it; both by default. */
  readonly on?: readonly PlatformName[];
  readonly send: (connect: Connect, host: string) => Promise<RawResponse>;
  /** The status for an allowed host. */
  readonly status: number | Readonly<Record<PlatformName, number>>;
  /** The application's code that runs for an allowed host, as in {@link note}. */
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
  readonly connect: Connect;
  /** Closes what the application does not close itself. */
  readonly close?: () => void;
}

export const onlyOurs = () =>
  AllowedHostsModule.forRoot({ hosts: ['example.com'], addresses: false });

export async function create(
  module: Type | object,
  adapter: AbstractHttpAdapter,
  options: NestApplicationOptions = {},
): Promise<INestApplication> {
  return closeLater(
    await NestFactory.create(module as Type, adapter, {
      logger: new LogLines(),
      abortOnError: false,
      forceCloseConnections: true,
      ...options,
    }),
  );
}

export const isOn = (
  { on }: { readonly on?: readonly PlatformName[] },
  platform: PlatformName,
) => on === undefined || on.includes(platform);
