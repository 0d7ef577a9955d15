import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { get } from 'node:http';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { validate } from 'dockerfile-utils';
import { builtApp } from '../support/built-app.js';
import { toJavaScript } from '../support/compile.js';
import { freePort } from '../support/processes.mjs';

const root = join(import.meta.dirname, '../..');

/** The command of an instruction in the last stage, in the form that runs without a shell. */
function commandOf(dockerfile: string, instruction: RegExp): string[] {
  const stage = dockerfile.split(/^FROM /m).at(-1) ?? '';
  const [, json = ''] = instruction.exec(stage) ?? [];
  return JSON.parse(json) as string[];
}

/** The folder of the sample's image; inside the repository, so that packages resolve. */
function sampleImage(): string {
  const image = mkdtempSync(join(root, 'dist-image-'));
  for (const room of ['src', 'sample'])
    for (const name of readdirSync(join(root, room), { recursive: true }))
      if (String(name).endsWith('.ts'))
        compile(join(room, String(name)), image);
  return image;
}

function compile(path: string, image: string): void {
  const code = toJavaScript(path);
  const target = path
    .replace(/^src/, 'dist/esm')
    .replace(/^sample/, 'dist-sample')
    .replace(/\.ts$/, '.js');
  const library = relative(dirname(target), 'dist/esm');
  mkdirSync(dirname(join(image, target)), { recursive: true });
  writeFileSync(
    join(image, target),
    code
      .replaceAll(
        /'nestjs-allowed-hosts'|"nestjs-allowed-hosts"/g,
        `'${library}/index.js'`,
      )
      .replaceAll(
        /["']nestjs-allowed-hosts\/testing["']/g,
        `'${library}/testing/index.js'`,
      ),
  );
}

/** The folder of the image of an application from `nest new`. */
function applicationImage(): string {
  const image = mkdtempSync(join(root, 'dist-image-'));
  mkdirSync(join(image, 'dist'));
  const app = relative(
    join(image, 'dist'),
    builtApp(['test/balancers/app.ts']),
  );
  writeFileSync(
    join(image, 'dist/main.js'),
    `const settings = { platform: 'express', port: Number(process.env.PORT), graceMs: 1000 };
process.argv.push(JSON.stringify(settings));
await import('./${app}');
`,
  );
  return image;
}

const IMAGES = [
  { dockerfile: 'sample/Dockerfile', layOut: sampleImage },
  { dockerfile: 'deploy/docker/Dockerfile', layOut: applicationImage },
];

describe.each(IMAGES)('$dockerfile', ({ dockerfile, layOut }) => {
  const text = readFileSync(join(root, dockerfile), 'utf8');
  const stages = text.split(/^FROM /m).slice(1);
  const command = commandOf(text, /^CMD (\[.*\])$/m);
  const healthCheck = commandOf(text, /^HEALTHCHECK [^[]*CMD (\[.*\])$/m);
  const folder = layOut();
  let port = 0;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    port = await freePort();
  });
  afterAll(() => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const run = ([name = '', ...args]: readonly string[]) =>
    spawn(name, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const checkHealth = async () => {
    const [code] = (await once(run(healthCheck), 'exit')) as [number];
    return code;
  };

  it('has no mistake', () => {
    expect(validate(text)).toEqual([]);
  });

  it('leaves the tools of the build behind, and does not run as root', () => {
    expect(stages).toHaveLength(2);
    expect(stages[1]).toMatch(/^USER node$/m);
    expect(stages[1]).not.toMatch(/^RUN /m);
  });

  it('listens, passes its health check, and ends with its drain on SIGTERM', async () => {
    expect(await checkHealth()).toBe(1);
    child = run(command);
    for await (const line of createInterface(child.stdout ?? process.stdin))
      if (/listening/i.test(line)) break;
    expect(await checkHealth()).toBe(0);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const seen = await statusesUntilClosed(port);
    // Readiness responds 503 while requests are still served.
    expect(seen).toContain('503, then 200');
    expect(seen.filter((pair) => /[45]..$/.test(pair))).toEqual([]);
    expect(await ended).toEqual([null, 'SIGTERM']);
  });
});

/** The statuses of readiness and of a route after it, until the server accepts no more connections. */
async function statusesUntilClosed(port: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for (;;) {
    const health = await statusOf(port, '/health');
    if (health === undefined) return seen;
    const route = await statusOf(port, '/');
    if (route === undefined) return seen;
    seen.push(`${health}, then ${route}`);
  }
}

/** @returns `undefined` if the server accepts no connection */
function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    get(
      { port, path, headers: { host: 'example.com' }, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    ).once('error', () => resolve(undefined));
  });
}
