import 'reflect-metadata';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { AllowedHostsModule } from '../../src/index.js';
import {
  platforms,
  start,
  stopAll,
  type Platform,
  type RunningApp,
} from '../support/app.js';
import { blocksOf, codeIn, commandsOf, tableUnder } from './markdown.js';
import {
  removeSnippets,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const page = readFileSync(
  join(import.meta.dirname, '../../docs/troubleshooting.md'),
  'utf8',
);
const blocks = blocksOf(page);
const snippets = blocks.filter(({ language }) => language === 'ts');
const consoles = blocks.filter(({ language }) => language === 'console');
/** What the prose quotes of the log. */
const logged = codeIn(page.replaceAll(/^```.*?^```$/gms, '')).filter((code) =>
  code.startsWith('Refused '),
);

@WebSocketGateway({ path: '/ws' })
class WsGateway {}

async function startPage(platform: Platform, trust?: string) {
  const { StatusController } = await snippet<{ StatusController: Type }>(
    'status.controller.ts',
  );
  @Module({
    imports: [AllowedHostsModule.forRoot({ hosts: 'example.com' })],
    controllers: [StatusController],
    providers: [WsGateway],
  })
  class AppModule {}
  return start(
    AppModule,
    { adapter: () => platform.adapter(trust) },
    (app: INestApplication) => void app.useWebSocketAdapter(new WsAdapter(app)),
  );
}

/** The bytes that a command of the page sends. */
function bytesOf(command: string): string {
  const [, printed] =
    /^printf '(.+)' \| nc localhost 3000 \| head -1$/.exec(command) ?? [];
  if (printed !== undefined) return printed.replaceAll('\\r\\n', '\r\n');
  const [, path] =
    /^curl -si (?:-H '[^']+' )+localhost:3000(\/\S*) \| head -1$/.exec(
      command,
    ) ?? [];
  if (path === undefined) throw new Error(`Cannot read ${command}`);
  const headers = [...command.matchAll(/-H '([^']+)'/g)].map(
    ([, header = '']) => header,
  );
  return [`GET ${path} HTTP/1.1`, ...headers, '', ''].join('\r\n');
}

/** The first line of the response, as `head -1` prints it. */
async function firstLine(app: RunningApp, bytes: string): Promise<string> {
  const socket = connect(app.port, '127.0.0.1');
  socket.write(bytes);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return chunk.toString('latin1').split('\r\n')[0] ?? '';
}

beforeAll(() => writeSnippets(snippets, {}));
afterEach(stopAll);
afterAll(removeSnippets);

describe('docs/troubleshooting.md', () => {
  it('has no block without a check', () => {
    expect(snippets.map(({ name }) => name)).toEqual(['status.controller.ts']);
    expect(consoles.length).toBe(4);
    expect(blocks).toHaveLength(snippets.length + consoles.length);
  });

  it('has blocks that compile', () => {
    expect(typeErrors(['status.controller.ts'])).toEqual([]);
  });

  describe.each(platforms)('on $name', (platform) => {
    it.each(consoles.flatMap(commandsOf))(
      '$command gets $output',
      async ({ command, output }) => {
        const app = await startPage(platform);
        expect(await firstLine(app, bytesOf(command))).toBe(output);
      },
    );

    it('a request without Host in HTTP/1.1 is not logged', async () => {
      const app = await startPage(platform);
      await firstLine(app, 'GET /health HTTP/1.1\r\n\r\n');
      expect(app.log.of('warn')).toEqual([]);
    });

    it.each([...new Set(logged)])(
      'a line begins with %s',
      async (beginning) => {
        const [, source = '', host = ''] =
          /^Refused (\S+) "(.+)"$/.exec(beginning) ?? [];
        const app = await startPage(platform, 'loopback');
        await (source === 'Host'
          ? app.get('/', host)
          : app.get('/', 'example.com', [`${source}: ${host}`]));
        expect(app.log.of('warn')).toEqual([
          expect.stringMatching(
            new RegExp(`^${beginning.replaceAll('.', '\\.')} `),
          ),
        ]);
      },
    );

    it.each(
      tableUnder('It works locally, but not on ECS', page).map(
        ([, hosts = '', add = '']) => ({
          hosts: codeIn(hosts),
          patterns: codeIn(add),
        }),
      ),
    )('$patterns allows $hosts', async ({ hosts, patterns }) => {
      const app = await start(
        AllowedHostsModule.forRoot({ hosts: patterns }),
        platform,
      );
      // 404: the host is allowed, and there is no such route.
      for (const host of hosts)
        expect((await app.get('/', host)).status).toBe(404);
      expect((await app.get('/', 'evil.example')).status).toBe(400);
    });

    it('the causes of a failing probe give the statuses that are named', async () => {
      const listed = await start(
        AllowedHostsModule.forRoot({
          hosts: 'example.com',
          health: { hosts: 'listed' },
        }),
        platform,
      );
      expect((await listed.get('/health', '10.0.3.17')).status).toBe(400);
      const prefixed = await start(
        AllowedHostsModule.forRoot({ hosts: 'example.com' }),
        platform,
        (app) => void app.setGlobalPrefix('api'),
      );
      expect((await prefixed.get('/api/health', '10.0.3.17')).status).toBe(200);
      expect((await prefixed.get('/health', 'example.com')).status).toBe(404);
    });
  });
});
