import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import ts from 'typescript';
import { RunningApp, type Platform } from '../support/app.js';
import { deferred } from '../support/deferred.js';
import { LogLines } from '../support/log-lines.js';
import type { Block } from './markdown.js';

const root = join(import.meta.dirname, '../..');
const folder = join(import.meta.dirname, `.snippets-${process.pid}`);

/**
 * Writes blocks as files into one folder, so that they can be imported and import each other. The name of the package
 * is replaced by the path of its sources, so that no build is needed.
 */
export function writeSnippets(
  blocks: readonly Block[],
  besides: Readonly<Record<string, string>>,
): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const files = [
    ...Object.entries(besides),
    ...blocks.map(({ name = 'unnamed.ts', text }) => [name, text] as const),
  ];
  for (const [name, text] of files) {
    writeFileSync(
      join(folder, name),
      text
        .replaceAll(`'nestjs-allowed-hosts'`, `'../../../src/index.js'`)
        .replaceAll(
          `'nestjs-allowed-hosts/testing'`,
          `'../../../src/testing/index.js'`,
        )
        .replaceAll(
          `'nestjs-allowed-hosts/opentelemetry'`,
          `'../../../src/opentelemetry/index.js'`,
        ),
    );
  }
}

export function removeSnippets(): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Imports one of the written files. */
export async function snippet<T>(name: string): Promise<T> {
  return (await import(join(folder, name))) as T;
}

/**
 * Runs a main.ts that creates and starts an application, on a free port of the given platform. A module runs once, so
 * each platform needs a copy of the file.
 */
export async function runMain(
  file: string,
  platform: Platform,
): Promise<RunningApp> {
  const create = NestFactory.create.bind(NestFactory);
  const log = new LogLines();
  const listening = deferred();
  const adapter = platform.adapter();
  const listen = adapter.listen.bind(adapter) as (...args: unknown[]) => void;
  // A server reports that it listens before Fastify has bound each address of localhost: only the callback comes after.
  adapter.listen = (...args: unknown[]) => {
    const callback = args.pop() as (...args: unknown[]) => void;
    listen(...args, (...results: unknown[]) => {
      callback(...results);
      listening.resolve();
    });
  };
  let created: Promise<INestApplication> | undefined;
  const spy = jest
    .spyOn(NestFactory, 'create')
    .mockImplementation(
      (module: object) =>
        (created = create(module as Type, adapter, { logger: log })),
    );
  process.env['PORT'] = '0';
  try {
    await snippet(file);
    const app = await created;
    if (app === undefined) throw new Error(`${file} created no application`);
    await listening.promise;
    return new RunningApp(app, log);
  } finally {
    spy.mockRestore();
    delete process.env['PORT'];
  }
}

/** The errors of the compiler, under the options of the tests. */
export function typeErrors(names: readonly string[]): readonly string[] {
  const { config } = ts.readConfigFile(
    join(root, 'test/tsconfig.json'),
    (path) => ts.sys.readFile(path),
  ) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [] },
    ts.sys,
    join(root, 'test'),
  );
  const program = ts.createProgram(
    names.map((name) => join(folder, name)),
    options,
  );
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file === undefined || file.fileName.includes(folder))
    .map(({ file, messageText }) =>
      [
        file?.fileName.slice(folder.length + 1),
        ts.flattenDiagnosticMessageText(messageText, '\n'),
      ].join(': '),
    );
}
