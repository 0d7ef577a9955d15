import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { graphqlScenes } from './graphql.scenes.js';
import { httpScenes } from './http.scenes.js';
import { placeScenes } from './place.scenes.js';
import { socketScenes } from './socket.scenes.js';
import { ran } from './ran.js';
import {
  isOn,
  type Opened,
  type PlatformName,
  type Scene,
  type Surface,
} from './scene.js';

const scenes: Scene[] = [
  ...httpScenes,
  ...placeScenes,
  ...socketScenes,
  ...graphqlScenes,
];
const platforms: PlatformName[] = ['express', 'fastify'];

/** What ran, but for an allowed request that went ahead on the same connection. */
const ranForThis = () => ran.filter((entry) => !entry.includes('?first'));

/** The rows of docs/surfaces.md: a cell says what an allowed host gets; a foreign one gets 400 in each. */
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

it('docs/surfaces.md has a row for each surface, and no others', () => {
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
        '$name: an allowed host is served',
        async ({ ask, status, runs = /^/ }) => {
          const answer = await ask(opened.door, 'example.com');
          expect(answer.status).toBe(
            typeof status === 'number' ? status : status[platform],
          );
          expect(answer.body).not.toContain('Host not allowed');
          expect(`${ranForThis().join('\n')}`).toMatch(runs);
        },
      );

      it.each(surfaces)(
        '$name: a foreign host is refused before any code of the application',
        async ({ name, ask }) => {
          const answer = await ask(opened.door, 'evil.example');
          expect(ranForThis()).toEqual([]);
          expect(answer.status).toBe(400);
          expect(answer.interim).toEqual([]);
          expect(answer.body).toMatch(
            name === 'HEAD' ? /^$/ : /Host not allowed/,
          );
          expect(answer.body).not.toContain('evil');
          expect(answer.headers).not.toHaveProperty(
            'access-control-allow-origin',
          );
        },
      );
    },
  );
});
