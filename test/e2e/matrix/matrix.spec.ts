import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { graphqlScenes } from './graphql.scenes.js';
import { httpScenes } from './http.scenes.js';
import { ran } from './ran.js';
import {
  isOn,
  type Opened,
  type PlatformName,
  type Scene,
  type Surface,
} from './scene.js';
import { serverScenes } from './servers.scenes.js';
import { socketScenes } from './socket.scenes.js';

const scenes: Scene[] = [
  ...httpScenes,
  ...serverScenes,
  ...socketScenes,
  ...graphqlScenes,
];
const platforms: PlatformName[] = ['express', 'fastify'];

/** What ran, except for an allowed request earlier on the same connection. */
const ranForThis = () => ran.filter((entry) => !entry.includes('?first'));

/** The rows of docs/surfaces.md. */
const rows = () => {
  const cells = new Map<string, Surface & Pick<Scene, 'on'>>();
  for (const scene of scenes)
    for (const surface of scene.surfaces)
      if (!cells.has(surface.name))
        cells.set(surface.name, { ...scene, ...surface });
  return [...cells.values()].map((row) => {
    const cell = (platform: PlatformName) =>
      isOn(row, platform) ? 'refused' : '–';
    return `| ${row.name} | ${cell('express')} | ${cell('fastify')} |`;
  });
};

describe('surfaces', () => {
  it('have one row each in docs/surfaces.md', () => {
    const page = readFileSync(
      join(import.meta.dirname, '../../../docs/surfaces.md'),
      'utf8',
    );
    const table = page
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2)
      .map((line) => line.replace(/ +/g, ' '));
    expect(table).toEqual(rows());
  });

  describe.each(platforms)('on %s', (platform) => {
    describe.each(scenes.filter((scene) => isOn(scene, platform)))(
      '$name',
      (scene) => {
        let opened: Opened;
        beforeAll(async () => {
          opened = await scene.open(platform);
        });
        beforeEach(() => {
          ran.length = 0;
        });
        afterAll(async () => {
          opened.close?.();
          await opened.app.close();
        });

        const surfaces = scene.surfaces.filter((row) => isOn(row, platform));

        it.each(surfaces)(
          'allows a listed host: $name',
          async ({ send, status, runs = /^/ }) => {
            const response = await send(opened.connect, 'example.com');
            expect(response.status).toBe(
              typeof status === 'number' ? status : status[platform],
            );
            expect(response.body).not.toContain('Host not allowed');
            expect(`${ranForThis().join('\n')}`).toMatch(runs);
          },
        );

        it.each(surfaces)(
          'refuses a foreign host before any code of the application runs: $name',
          async ({ name, send }) => {
            const response = await send(opened.connect, 'evil.example');
            expect(ranForThis()).toEqual([]);
            expect(response.status).toBe(400);
            expect(response.interim).toEqual([]);
            expect(response.body).toMatch(
              name === 'HEAD' ? /^$/ : /Host not allowed/,
            );
            expect(response.body).not.toContain('evil');
            expect(response.headers).not.toHaveProperty(
              'access-control-allow-origin',
            );
          },
        );
      },
    );
  });
});
