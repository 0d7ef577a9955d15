import 'reflect-metadata';
import {
  Controller,
  Get,
  Module,
  VersioningType,
  type INestApplication,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  AllowAnyHost,
  AllowedHostsModule,
  AllowHosts,
  AllowProbes,
} from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';

@AllowHosts('admin.example.com')
@Controller('admin')
class AdminController {
  @Get()
  index() {
    return 'admin';
  }

  @AllowProbes()
  @Get('ready')
  ready() {
    return 'ready';
  }

  @Get('users/:id/edit')
  edit() {
    return 'edit';
  }

  @Get('users/:id')
  user() {
    return 'user';
  }
}

@Controller('inherited')
class InheritedController extends AdminController {}

@Controller()
class AppController {
  @Get('hello')
  hello() {
    return 'hello';
  }

  @AllowAnyHost()
  @Get('any')
  any() {
    return 'any';
  }
}

@Module({ controllers: [AdminController, InheritedController] })
class AdminModule {}

const appModule = (mounted: boolean) => ({
  module: class AppModule {},
  imports: [
    AllowedHostsModule.forRoot({ hosts: ['example.com'], addresses: false }),
    AdminModule,
    ...(mounted
      ? [RouterModule.register([{ path: 'mounted', module: AdminModule }])]
      : []),
  ],
  controllers: [AppController],
});

const layouts: {
  name: string;
  mounted: boolean;
  /** Where AdminModule's routes are, and where AppController's. */
  at: string;
  root: string;
  apply: (app: INestApplication) => void;
}[] = [
  {
    name: 'at the root',
    mounted: false,
    at: '',
    root: '',
    apply: () => undefined,
  },
  {
    name: 'under a prefix',
    mounted: false,
    at: '/api',
    root: '/api',
    apply: (app) => void app.setGlobalPrefix('api'),
  },
  {
    name: 'versioned',
    mounted: false,
    at: '/v2',
    root: '/v2',
    apply: (app) =>
      void app.enableVersioning({
        type: VersioningType.URI,
        defaultVersion: '2',
      }),
  },
  {
    name: 'in a RouterModule',
    mounted: true,
    at: '/mounted',
    root: '',
    apply: () => undefined,
  },
];

describe('route rules', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterAll(stopAll);

    describe.each(layouts)('$name', ({ mounted, at, root, apply }) => {
      let app: RunningApp;
      beforeAll(async () => {
        app = await start(appModule(mounted), platform, apply);
      });

      it.each([
        ['/admin', 'admin.example.com', 200],
        ['/admin', 'example.com', 400],
        ['/admin', undefined, 400],
        ['/admin', 'evil.example', 400],
        ['/admin', '10.0.0.1', 400],
        ['/admin/users/7', 'admin.example.com', 200],
        ['/admin/users/7;8/edit', 'admin.example.com', 400],
        ['/admin/users/7%2F8/edit', 'admin.example.com', 400],
        ['/admin/users/7;8/edit', 'evil.example', 400],
        ['/admin/users/7', 'example.com', 400],
        ['/inherited', 'admin.example.com', 200],
        ['/inherited', 'example.com', 400],
        ['/admin/ready', '10.9.8.7:8080', 200],
        ['/admin/ready', '[fd00::7]', 200],
        ['/admin/ready', 'localhost', 200],
        ['/admin/ready', undefined, 200],
        ['/admin/ready', 'example.com', 200],
        ['/admin/ready', 'admin.example.com', 400],
        ['/admin/ready', 'evil.example', 400],
        ['/admin/ready', '10.1', 400],
        ['/admin/ready?probe=1', '10.9.8.7', 200],
      ])('respond to %s for %j with %d', async (path, host, status) => {
        expect((await app.get(at + path, host)).status).toBe(status);
      });

      it.each([
        ['/any', 'evil.example', 200],
        ['/any', undefined, 200],
        ['/any', 'evil.example@example.com', 400],
        ['/hello', 'admin.example.com', 400],
        ['/hello', '10.0.0.1', 400],
        ['/hello', 'example.com', 200],
      ])('respond to %s for %j with %d', async (path, host, status) => {
        expect((await app.get(root + path, host)).status).toBe(status);
      });

      it('ignore X-Forwarded-Host of a peer that is not trusted', async () => {
        const { status } = await app.get(`${at}/admin`, 'admin.example.com', [
          'X-Forwarded-Host: evil.example',
        ]);
        expect(status).toBe(200);
      });

      it('keep caches from storing what the guard refuses', async () => {
        const { headers } = await app.get(`${at}/admin`, 'example.com');
        expect(headers['cache-control']).toBe('no-store');
      });

      it('refuse two Host lines and an absolute target of another host even with @AllowAnyHost()', async () => {
        const two = `GET ${root}/any HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\nConnection: close\r\n\r\n`;
        const target = `GET http://b.example${root}/any HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`;
        expect((await app.raw(two)).status).toBe(400);
        expect((await app.raw(target)).status).toBe(400);
      });
    });

    describe('apply to their own path', () => {
      let app: RunningApp;
      beforeAll(async () => {
        app = await start(appModule(false), platform);
      });

      it.each([
        ['/elsewhere/admin/ready', '10.9.8.7', 400],
        ['/elsewhere/any', 'evil.example', 400],
        ['/any/', 'evil.example@example.com', 400],
        ['/admin//ready', '10.9.8.7', 400],
        ['/admin/./ready', '10.9.8.7', 400],
        ['/admin/x/../ready', '10.9.8.7', 400],
        ['/admin/ready;x', '10.9.8.7', 400],
        ['/admin/ready%0A', '10.9.8.7', 400],
        ['/admin/ready/more', '10.9.8.7', 400],
        ['/elsewhere?x=/admin/ready', '10.9.8.7', 400],
        ['/elsewhere#/admin/ready', '10.9.8.7', 400],
        ['/admin/ready?x=/elsewhere', '10.9.8.7', 200],
        ['/health', '10.9.8.7', 200],
        ['/elsewhere', '10.9.8.7', 400],
      ])('respond to %s for %s with %d', async (path, host, status) => {
        expect((await app.get(path, host)).status).toBe(status);
      });
    });
  });
});
