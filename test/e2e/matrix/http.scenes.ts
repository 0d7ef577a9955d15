import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import multipart from '@fastify/multipart';
import {
  Body,
  Catch,
  Controller,
  Get,
  Module,
  Post,
  Sse,
  StreamableFile,
  UseInterceptors,
  VersioningType,
  type ArgumentsHost,
  type ExceptionFilter,
  type INestApplication,
  type MiddlewareConsumer,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  ExpressAdapter,
  FileInterceptor,
  type NestExpressApplication,
} from '@nestjs/platform-express';
import {
  FastifyAdapter,
  type NestFastifyApplication,
} from '@nestjs/platform-fastify';
import { ServeStaticModule } from '@nestjs/serve-static';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import express from 'express';
import { of } from 'rxjs';
import { portOf } from '../../support/app.js';
import { RawConnection, sendRequest, tcp } from '../../support/raw-client.js';
import { note } from './ran.js';
import {
  create,
  onlyOurs,
  type PlatformName,
  type Scene,
  type Surface,
} from './scene.js';

const files = join(import.meta.dirname, '..', 'static');

@Controller()
class AppController {
  @Get('hello')
  hello() {
    note('handler', { url: '/hello' });
    return 'hello';
  }

  @Post('echo')
  echo(@Body() body: unknown) {
    note('handler');
    return body;
  }

  @Sse('events')
  events() {
    note('handler');
    return of({ data: 'one' }, { data: 'two' });
  }

  @Get('download')
  download() {
    note('handler');
    return new StreamableFile(Buffer.from('bytes'));
  }
}

@Controller('upload')
class ExpressUploadController {
  @Post()
  @UseInterceptors(
    FileInterceptor('file', {
      fileFilter: (_request, _file, accept) => {
        note('upload');
        accept(null, true);
      },
    }),
  )
  upload() {
    return 'uploaded';
  }
}

@Controller('upload')
class FastifyUploadController {
  @Post()
  upload() {
    return 'uploaded';
  }
}

@Controller('inner')
class InnerController {
  @Get()
  inner() {
    note('handler');
    return 'inner';
  }
}

@Module({ controllers: [InnerController] })
class InnerModule {}

function appModule(platform: PlatformName) {
  @Module({
    imports: [
      onlyOurs(),
      // Fastify's router does not know the default render path, which is Express's.
      ServeStaticModule.forRoot({
        rootPath: files,
        serveRoot: '/served',
        ...(platform === 'fastify' && { renderPath: '/*' }),
      }),
      InnerModule,
      RouterModule.register([{ path: 'mounted', module: InnerModule }]),
    ],
    controllers: [
      AppController,
      platform === 'express'
        ? ExpressUploadController
        : FastifyUploadController,
    ],
  })
  class AppModule {
    configure(consumer: MiddlewareConsumer) {
      consumer
        .apply(
          (
            request: { originalUrl?: string; url?: string },
            response: ServerResponse,
            next: () => void,
          ) => {
            const url = request.originalUrl ?? request.url;
            note('consumer', { url });
            if (!url?.endsWith('/consumed')) return next();
            response.writeHead(203).end('consumed');
          },
        )
        .forRoutes('{*path}');
    }
  }
  return AppModule;
}

@Catch()
class EverythingFilter implements ExceptionFilter {
  catch(
    exception: Error & { status?: number; statusCode?: number },
    host: ArgumentsHost,
  ) {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: unknown): void } }>();
    response
      .status(exception.status ?? exception.statusCode ?? 500)
      .send({ filtered: exception.message });
  }
}

interface Variant {
  readonly name: string;
  readonly prefix: string;
  readonly apply: (app: INestApplication) => unknown;
}

const variants: Variant[] = [
  { name: 'an application', prefix: '', apply: () => undefined },
  {
    name: 'an application under a global prefix',
    prefix: '/api',
    apply: (app) => app.setGlobalPrefix('api'),
  },
  {
    name: 'an application with versions in its paths',
    prefix: '/v1',
    apply: (app) =>
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
  },
  {
    name: 'an application with a filter that catches everything',
    prefix: '',
    apply: (app) => app.useGlobalFilters(new EverythingFilter()),
  },
];

const surfaces = (prefix: string): Surface[] => [
  {
    name: 'a route',
    send: (connect, host) => sendRequest(connect, `GET ${prefix}/hello`, host),
    status: 200,
    runs: /handler/,
  },
  {
    name: 'HEAD',
    send: (connect, host) => sendRequest(connect, `HEAD ${prefix}/hello`, host),
    status: 200,
    runs: /handler/,
  },
  {
    name: 'OPTIONS',
    send: (connect, host) =>
      sendRequest(connect, `OPTIONS ${prefix}/hello`, host),
    status: { express: 204, fastify: 400 },
  },
  {
    name: '`OPTIONS *`',
    send: (connect, host) => sendRequest(connect, 'OPTIONS *', host),
    status: { express: 204, fastify: 400 },
  },
  {
    name: 'TRACE',
    send: (connect, host) =>
      sendRequest(connect, `TRACE ${prefix}/hello`, host),
    status: 404,
  },
  {
    name: 'a method without routes (PROPFIND)',
    send: (connect, host) =>
      sendRequest(connect, `PROPFIND ${prefix}/hello`, host),
    status: 404,
  },
  {
    name: 'an unmatched path',
    send: (connect, host) => sendRequest(connect, 'GET /nothing', host),
    status: 404,
  },
  {
    name: 'an unmatched method',
    send: (connect, host) =>
      sendRequest(connect, `DELETE ${prefix}/hello`, host),
    status: 404,
  },
  {
    name: 'a path that does not decode',
    send: (connect, host) =>
      sendRequest(connect, `GET ${prefix}/%E0%A4%A`, host),
    status: 400,
  },
  {
    name: 'CONNECT, with a listener of the application',
    send: (connect, host) =>
      sendRequest(connect, `CONNECT ${host}:443`, `${host}:443`),
    status: 200,
    runs: /connect/,
  },
  {
    name: 'an upgrade, with a listener of the application',
    send: (connect, host) =>
      sendRequest(connect, 'GET /raw', host, [
        'Connection: Upgrade',
        'Upgrade: raw',
      ]),
    status: 202,
    runs: /upgrade/,
  },
  {
    name: "a listener on the server's requests",
    send: (connect, host) => sendRequest(connect, 'GET /nothing', host),
    status: 404,
    runs: /listener/,
  },
  {
    name: 'middleware of `app.use`',
    send: (connect, host) => sendRequest(connect, 'GET /from-middleware', host),
    status: 202,
    runs: /middleware/,
  },
  {
    name: 'middleware of a module (`MiddlewareConsumer`)',
    send: (connect, host) =>
      sendRequest(connect, `GET ${prefix}/consumed`, host),
    status: 203,
    runs: /consumer/,
  },
  {
    name: 'a mounted Express application',
    send: (connect, host) => sendRequest(connect, 'GET /legacy/page', host),
    status: 200,
    runs: /legacy/,
  },
  {
    name: 'a route of `httpAdapter.getInstance()`',
    send: (connect, host) => sendRequest(connect, 'GET /instance', host),
    status: 200,
    runs: /instance/,
  },
  {
    name: 'a route of `RouterModule`',
    send: (connect, host) =>
      sendRequest(
        connect,
        `GET ${prefix === '/v1' ? '/v1/mounted/inner' : `${prefix}/mounted/inner`}`,
        host,
      ),
    status: 200,
    runs: /handler/,
  },
  {
    name: '`useStaticAssets`',
    send: (connect, host) =>
      sendRequest(connect, 'GET /assets/page.html', host),
    status: 200,
  },
  {
    name: '`ServeStaticModule`',
    send: (connect, host) =>
      sendRequest(connect, 'GET /served/page.html', host),
    status: 200,
  },
  {
    name: 'a JSON body',
    send: (connect, host) =>
      sendRequest(connect, `POST ${prefix}/echo`, host, [JSON_BODY], '{"a":1}'),
    status: 201,
    runs: /handler/,
  },
  {
    name: 'a malformed body',
    send: (connect, host) =>
      sendRequest(connect, `POST ${prefix}/echo`, host, [JSON_BODY], '{"a":'),
    status: 400,
  },
  {
    name: 'an oversized body',
    send: async (connect, host) => {
      const connection = new RawConnection(connect).send(
        `POST ${prefix}/echo HTTP/1.1`,
        `Host: ${host}`,
        JSON_BODY,
        `Content-Length: ${BODY_LIMIT + 10}`,
        '',
        ' '.repeat(BODY_LIMIT + 10),
      );
      await connection.until(() => connection.responses().length === 1);
      connection.destroy();
      return connection.last;
    },
    status: 413,
  },
  {
    name: '`Expect: 100-continue`',
    send: async (connect, host) => {
      const connection = new RawConnection(connect).send(
        `POST ${prefix}/echo HTTP/1.1`,
        `Host: ${host}`,
        JSON_BODY,
        'Connection: close',
        'Expect: 100-continue',
        'Content-Length: 7',
        '',
        '',
      );
      await connection.until((text) => text.includes('HTTP/1.1 100 '));
      connection.send('{"a":1}');
      return (await connection.closed()).last;
    },
    status: 201,
    runs: /handler/,
  },
  {
    name: 'any other `Expect`, with a listener of the application',
    send: (connect, host) =>
      sendRequest(connect, `GET ${prefix}/hello`, host, [
        'Expect: the-unexpected',
      ]),
    status: 417,
    runs: /expectation/,
  },
  {
    name: 'a file upload',
    send: (connect, host) =>
      sendRequest(
        connect,
        `POST ${prefix}/upload`,
        host,
        ['Content-Type: multipart/form-data; boundary=x'],
        [
          '--x',
          'Content-Disposition: form-data; name="file"; filename="f.txt"',
          'Content-Type: text/plain',
          '',
          'content',
          '--x--',
          '',
        ].join('\r\n'),
      ),
    status: 201,
    runs: /upload/,
  },
  {
    name: 'server-sent events',
    // Fastify keeps the connection open after the last event.
    send: (connect, host) =>
      sendRequest(connect, `GET ${prefix}/events`, host, [], '', (text) =>
        text.includes('data: two'),
      ),
    status: 200,
    runs: /handler/,
  },
  {
    name: 'a streamed file',
    send: (connect, host) =>
      sendRequest(connect, `GET ${prefix}/download`, host),
    status: 200,
    runs: /handler/,
  },
  {
    name: 'a CORS preflight',
    send: (connect, host) =>
      sendRequest(connect, `OPTIONS ${prefix}/hello`, host, [
        'Origin: https://other.example',
        'Access-Control-Request-Method: GET',
      ]),
    status: 204,
    runs: /cors/,
  },
  {
    name: 'Swagger UI',
    send: (connect, host) => sendRequest(connect, 'GET /docs', host),
    status: 200,
  },
  {
    name: "Swagger's JSON",
    send: (connect, host) => sendRequest(connect, 'GET /docs-json', host),
    status: 200,
  },
  {
    name: 'a later request of a kept connection',
    send: async (connect, host) => {
      const connection = new RawConnection(connect).send(
        `GET ${prefix}/nothing?first HTTP/1.1`,
        'Host: example.com',
        '',
        '',
      );
      await connection.until(() => connection.responses().length === 1);
      connection.send(
        `GET ${prefix}/hello HTTP/1.1`,
        `Host: ${host}`,
        'Connection: close',
        '',
        '',
      );
      return (await connection.closed()).last;
    },
    status: 200,
    runs: /handler/,
  },
  {
    name: 'a pipelined request',
    send: async (connect, host) => {
      const connection = new RawConnection(connect).send(
        `GET ${prefix}/nothing?first HTTP/1.1`,
        'Host: example.com',
        '',
        `GET ${prefix}/hello HTTP/1.1`,
        `Host: ${host}`,
        'Connection: close',
        '',
        '',
      );
      return (await connection.closed()).last;
    },
    status: 200,
    runs: /handler/,
  },
];

const JSON_BODY = 'Content-Type: application/json';
/** Express has it by default. */
const BODY_LIMIT = 100 * 1024;

async function configure(app: INestApplication, platform: PlatformName) {
  const server = app.getHttpServer();
  server.on('request', (request: IncomingMessage) => note('listener', request));
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    note('connect', request);
    socket.end('HTTP/1.1 200 OK\r\n\r\n');
  });
  server.on(
    'checkExpectation',
    (request: IncomingMessage, response: ServerResponse) => {
      note('expectation', request);
      response.writeHead(417).end();
    },
  );
  app.enableCors({
    origin: (
      origin: string | undefined,
      callback: (error: null, allowed: boolean) => void,
    ) => {
      if (origin !== undefined) note('cors');
      callback(null, true);
    },
  });
  app.use(
    (
      request: { originalUrl?: string; url?: string },
      response: ServerResponse,
      next: () => void,
    ) => {
      note('middleware', request);
      if (request.url !== '/from-middleware') return next();
      response.writeHead(202).end('middleware');
    },
  );
  const legacy = express();
  legacy.get('/page', (request, response) => {
    note('legacy', request);
    response.send('legacy');
  });
  app.use('/legacy', legacy);
  if (platform === 'express') {
    const nest = app as NestExpressApplication;
    nest.useStaticAssets(files, { prefix: '/assets' });
  } else {
    const nest = app as NestFastifyApplication;
    nest.useStaticAssets({
      root: files,
      prefix: '/assets/',
      decorateReply: false,
    });
    await nest.register(multipart as never, {
      attachFieldsToBody: true,
      onFile: async (part: { toBuffer(): Promise<Buffer> }) => {
        note('upload');
        await part.toBuffer();
      },
    });
  }
  app
    .getHttpAdapter()
    .getInstance()
    .get(
      '/instance',
      (request: { url: string }, reply: { send(body: string): void }) => {
        note('instance', request);
        reply.send('instance');
      },
    );
  SwaggerModule.setup('docs', app, () =>
    SwaggerModule.createDocument(app, new DocumentBuilder().build()),
  );
}

/** The same surfaces in four applications: what precedes a route must not hide it from the gate. */
export const httpScenes: Scene[] = variants.map((variant) => ({
  name: variant.name,
  open: async (platform) => {
    const app = await create(
      appModule(platform),
      platform === 'express'
        ? new ExpressAdapter()
        : new FastifyAdapter({ bodyLimit: BODY_LIMIT }),
    );
    variant.apply(app);
    await configure(app, platform);
    await app.listen(0, '127.0.0.1');
    app
      .getHttpServer()
      .on('upgrade', (request: IncomingMessage, socket: Duplex) => {
        note('upgrade', request);
        socket.end('HTTP/1.1 202 Accepted\r\n\r\n');
      });
    return { app, connect: tcp(portOf(app)) };
  },
  surfaces: surfaces(variant.prefix),
}));
