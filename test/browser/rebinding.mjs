// DNS rebinding in a real browser, with the module and without it. Needs a build, and Chromium; says so without one.
//
// The attack: a victim opens http://rebind.example, whose name leads to the attacker's server; then the name is made
// to lead to an address only the victim can reach, and the page, still of the same origin, reads what answers there.
// The browser tells origins by scheme, name and port and never by address. So here the name leads to 127.0.0.1 all
// along, and it is the server behind name and port that changes: the attacker's answers first, serves the page and
// goes; then the application listens on that port. To the page and to the browser both are the same event.
import 'reflect-metadata';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const NAME = 'rebind.example';
const SECRET = 'the secret of the application';
const SILENT = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
// Every other name leads nowhere: nothing leaves this machine.
const RESOLVER = `--host-resolver-rules=MAP ${NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost`;

/** What ran of the application's code. */
let ran = [];

/** Decorators by hand, since this file runs as it is. */
function applicationModule(imports) {
  class Secrets {
    read() {
      ran.push('read');
      return SECRET;
    }
    change() {
      ran.push('change');
      return 'changed';
    }
  }
  const { prototype } = Secrets;
  const handler = (name) => Object.getOwnPropertyDescriptor(prototype, name);
  Get('secret')(prototype, 'read', handler('read'));
  Post('change')(prototype, 'change', handler('change'));
  Controller()(Secrets);

  class Gateway {
    handleConnection(client) {
      ran.push('socket');
      client.send(SECRET);
    }
  }
  WebSocketGateway({ path: '/ws' })(Gateway);

  class AppModule {}
  Module({ imports, controllers: [Secrets], providers: [Gateway] })(AppModule);
  return AppModule;
}

async function startApplication(platform, guarded, port) {
  const imports = guarded
    ? [AllowedHostsModule.forRoot({ hosts: ['localhost'], addresses: false })]
    : [];
  const app = await NestFactory.create(
    applicationModule(imports),
    platform === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
    { logger: false },
  );
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(port, '127.0.0.1');
  return app;
}

/** Runs in the page: what a script of its origin can get at. */
async function attack() {
  const read = async (path, options) => {
    try {
      return await (await fetch(path, options)).text();
    } catch (error) {
      return String(error);
    }
  };
  const socket = await new Promise((resolve) => {
    const webSocket = new WebSocket(`ws://${location.host}/ws`);
    webSocket.onmessage = ({ data }) => resolve(data);
    webSocket.onerror = () => resolve('error');
  });
  return {
    origin: location.origin,
    secret: await read('/secret'),
    change: await read('/change', { method: 'POST' }),
    socket,
  };
}

/** The attacker's page, and then the application behind the same name and port. */
async function rebind(browser, platform, guarded) {
  const attacker = createServer((_request, response) =>
    response
      .setHeader('Content-Type', 'text/html')
      .end("<title>the attacker's page</title>"),
  ).listen(0, '127.0.0.1');
  await once(attacker, 'listening');
  const { port } = attacker.address();
  const page = await browser.newPage();
  await page.goto(`http://${NAME}:${port}/`);
  const title = await page.title();
  attacker.close();
  attacker.closeAllConnections();
  await once(attacker, 'close');

  const app = await startApplication(platform, guarded, port);
  ran = [];
  const got = await page.evaluate(attack);
  const result = { title, port, got, ran: [...ran] };
  // The application's own page, under its own name, is served as ever.
  await page.goto(`http://localhost:${port}/secret`);
  result.own = await page.evaluate(attack);
  await page.close();
  await app.close();
  return result;
}

const tally = { passed: 0, failed: 0 };
function check(name, actual, expected) {
  const [left, right] = [actual, expected].map((value) =>
    JSON.stringify(value),
  );
  const ok = left === right;
  tally[ok ? 'passed' : 'failed']++;
  console.log(
    ok ? `ok      ${name}` : `FAILED  ${name}: ${left}, not ${right}`,
  );
}

async function main() {
  const browser = await chromium.launch({
    executablePath,
    args: [...SILENT, RESOLVER],
  });
  console.log(`Chromium ${browser.version()}`);
  const all = { secret: SECRET, change: 'changed', socket: SECRET };
  try {
    for (const platform of ['express', 'fastify']) {
      for (const guarded of [false, true]) {
        const {
          title,
          port,
          got,
          ran: code,
          own,
        } = await rebind(browser, platform, guarded);
        const { origin, ...loot } = got;
        const { origin: _, ...served } = own;
        const refused = /^\{"statusCode":400,"message":"Host not allowed"/;
        const at = `${platform}, ${guarded ? 'with' : 'without'} the module`;
        check(
          `${at}: the attacker's page is of the application's origin`,
          [title, origin],
          ["the attacker's page", `http://${NAME}:${port}`],
        );
        check(`${at}: the application serves its own page`, served, all);
        if (!guarded) {
          check(`${at}: the attacker's page reads and changes all`, loot, all);
          continue;
        }
        check(
          `${at}: the attacker's page reads and changes nothing`,
          [refused.test(loot.secret), refused.test(loot.change)],
          [true, true],
        );
        check(`${at}: it opens no WebSocket`, loot.socket, 'error');
        check(`${at}: no code of the application ran for it`, code, []);
      }
    }
  } finally {
    await browser.close();
  }
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
}

if (existsSync(executablePath)) await main();
else
  console.log(
    `SKIPPED: there is no ${executablePath}; install Chromium, or name it in CHROMIUM.`,
  );
