import 'reflect-metadata';
import { join } from 'node:path';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  type INestApplication,
  Post,
  VersioningType,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ServeStaticModule } from '@nestjs/serve-static';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import {
  AllowedHostsModule,
  DisallowedHostException,
} from '../../src/index.js';
import {
  type Platform,
  platforms,
  type RunningApp,
  start,
  stopAll,
} from '../harness.js';

const files = join(import.meta.dirname, 'static');

/** What ran of the application's own code. */
let ran: string[] = [];

@Controller()
class AppController {
  @Get('hello')
  hello() {
    ran.push('handler');
    return 'hello';
  }

  @Post('echo')
  echo(@Body() body: unknown) {
    ran.push('handler');
    return body;
  }
}

const appModule = ({ name }: Platform) => ({
  module: class AppModule {},
  imports: [
    AllowedHostsModule.forRoot({ hosts: ['example.com'], addresses: false }),
    // Fastify's router does not know the default render path, which is Express's.
    ServeStaticModule.forRoot({
      rootPath: files,
      serveRoot: '/served',
      ...(name === 'fastify' && { renderPath: '/*' }),
    }),
  ],
  controllers: [AppController],
});

@Catch()
class EverythingFilter implements ExceptionFilter {
  static seen: unknown[] = [];

  catch(exception: { getStatus?: () => number }, host: ArgumentsHost) {
    EverythingFilter.seen.push(exception);
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: unknown): void } }>();
    response.status(exception.getStatus?.() ?? 500).send({ filtered: true });
  }
}

interface Surface {
  readonly name: string;
  readonly ask: (
    app: RunningApp,
    host: string,
  ) => ReturnType<RunningApp['get']>;
  /** What an allowed host gets. */
  readonly status: number | ((variant: Variant, platform: Platform) => number);
}

interface Variant {
  readonly name: string;
  readonly prefix: string;
  readonly apply: (app: INestApplication) => void;
}

const variants: Variant[] = [
  { name: 'plain', prefix: '', apply: () => undefined },
  {
    name: 'under a global prefix',
    prefix: '/api',
    apply: (app) => app.setGlobalPrefix('api'),
  },
  {
    name: 'versioned',
    prefix: '/v1',
    apply: (app) =>
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
  },
  {
    name: 'with a global filter',
    prefix: '',
    apply: (app) => app.useGlobalFilters(new EverythingFilter()),
  },
];

const surfaces = (prefix: string): Surface[] => [
  {
    name: 'a route',
    ask: (app, host) => app.get(`${prefix}/hello`, host),
    status: 200,
  },
  {
    name: 'HEAD',
    ask: (app, host) => app.request('HEAD', `${prefix}/hello`, host),
    status: 200,
  },
  {
    name: 'an unmatched path',
    ask: (app, host) => app.get('/nothing', host),
    status: 404,
  },
  {
    name: 'an unmatched method',
    ask: (app, host) => app.request('DELETE', `${prefix}/hello`, host),
    status: 404,
  },
  {
    name: 'middleware of main.ts',
    ask: (app, host) => app.get('/from-middleware', host),
    status: 202,
  },
  {
    name: 'useStaticAssets',
    ask: (app, host) => app.get('/assets/page.html', host),
    status: 200,
  },
  {
    name: 'ServeStaticModule',
    ask: (app, host) => app.get('/served/page.html', host),
    status: 200,
  },
  {
    name: 'a JSON body',
    ask: (app, host) =>
      app.request(
        'POST',
        `${prefix}/echo`,
        host,
        ['Content-Type: application/json'],
        '{"a":1}',
      ),
    status: 201,
  },
  {
    name: 'a malformed JSON body',
    ask: (app, host) =>
      app.request(
        'POST',
        `${prefix}/echo`,
        host,
        ['Content-Type: application/json'],
        '{"a":',
      ),
    status: 400,
  },
  {
    name: 'a CORS preflight',
    ask: (app, host) =>
      app.request('OPTIONS', `${prefix}/hello`, host, [
        'Origin: https://other.example',
        'Access-Control-Request-Method: GET',
      ]),
    status: 204,
  },
  {
    name: 'Swagger UI',
    ask: (app, host) => app.get('/docs', host),
    status: 200,
  },
  {
    name: "Swagger's JSON",
    ask: (app, host) => app.get('/docs-json', host),
    status: 200,
  },
];

async function configure(app: INestApplication, platform: Platform) {
  app.enableCors({
    origin: (
      _origin: unknown,
      answer: (error: null, allowed: boolean) => void,
    ) => {
      ran.push('cors');
      answer(null, true);
    },
  });
  app.use(
    (
      request: { url?: string },
      response: import('node:http').ServerResponse,
      next: () => void,
    ) => {
      ran.push('middleware');
      if (request.url !== '/from-middleware') return next();
      response.writeHead(202).end('middleware');
    },
  );
  if (platform.name === 'express') {
    (app as NestExpressApplication).useStaticAssets(files, {
      prefix: '/assets',
    });
  } else {
    (app as NestFastifyApplication).useStaticAssets({
      root: files,
      prefix: '/assets/',
      decorateReply: false,
    });
  }
  SwaggerModule.setup('docs', app, () =>
    SwaggerModule.createDocument(app, new DocumentBuilder().build()),
  );
}

describe.each(platforms)('on $name', (platform) => {
  afterAll(stopAll);

  describe.each(variants)('$name', (variant) => {
    let app: RunningApp;
    beforeAll(async () => {
      app = await start(appModule(platform), platform, async (nest) => {
        variant.apply(nest);
        await configure(nest, platform);
      });
    });
    beforeEach(() => {
      ran = [];
      EverythingFilter.seen = [];
    });

    it.each(surfaces(variant.prefix))(
      '$name: an allowed host is served',
      async ({ ask, status }) => {
        expect((await ask(app, 'example.com')).status).toBe(status);
      },
    );

    it.each(surfaces(variant.prefix))(
      '$name: a foreign host is refused before any code of the user',
      async ({ ask }) => {
        const answer = await ask(app, 'evil.example');
        expect(answer.status).toBe(400);
        expect(answer.headers).not.toHaveProperty(
          'access-control-allow-origin',
        );
        expect(answer.body).not.toContain('evil');
        expect(ran).toEqual([]);
        if (variant.name === 'with a global filter') {
          expect(EverythingFilter.seen).toEqual([
            expect.any(DisallowedHostException),
          ]);
        }
      },
    );
  });
});
