// Runs a DNS rebinding attack in a real browser, with the module and without it. Needs a build and Chromium; without
// Chromium it logs that it was skipped.
//
// The attack: a victim opens http://rebind.example, whose name resolves to the attacker's server. Then the attacker makes
// the name resolve to an address that only the victim can reach. The page keeps its origin, so it reads what that address
// serves. A browser compares origins by scheme, name and port, never by address. So in this test the name always resolves
// to 127.0.0.1, and the server on that port changes: the attacker's server serves the page and closes, then the
// application listens on the same port. The browser cannot distinguish this from a changed address.
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
const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
// No other name resolves, so no packet leaves this machine.
const RESOLVER = `--host-resolver-rules=MAP ${NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost`;

/** The code of the application that ran. */
let ran = [];

/** Applies decorators without a compiler. */
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

/** Runs in the page and returns what a script of its origin can read. */
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

/** Opens the attacker's page, then replaces the attacker's server with the application on the same port. */
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
  const attacked = await page.evaluate(attack);
  const result = { title, port, attacked, ran: [...ran] };
  // The application still serves its own page under its own name.
  await page.goto(`http://localhost:${port}/secret`);
  result.own = await page.evaluate(attack);
  await page.close();
  await app.close();
  return result;
}

const tally = { passed: 0, failed: 0 };
function check(name, actual, expected) {
  const [actualText, expectedText] = [actual, expected].map((value) =>
    JSON.stringify(value),
  );
  const ok = actualText === expectedText;
  tally[ok ? 'passed' : 'failed']++;
  console.log(
    ok
      ? `ok      ${name}`
      : `FAILED  ${name}: expected ${expectedText}, received ${actualText}`,
  );
}

async function main() {
  const browser = await chromium.launch({
    executablePath,
    args: [...CHROMIUM_ARGS, RESOLVER],
  });
  console.log(`Chromium ${browser.version()}`);
  const everything = { secret: SECRET, change: 'changed', socket: SECRET };
  try {
    for (const platform of ['express', 'fastify']) {
      for (const guarded of [false, true]) {
        const {
          title,
          port,
          attacked,
          ran: code,
          own,
        } = await rebind(browser, platform, guarded);
        const { origin, ...stolen } = attacked;
        const { origin: _, ...served } = own;
        const refused = /^\{"statusCode":400,"message":"Host not allowed"/;
        const label = `${platform}, ${guarded ? 'with' : 'without'} the module`;
        check(
          `${label}: the attacker's page has the origin of the application`,
          [title, origin],
          ["the attacker's page", `http://${NAME}:${port}`],
        );
        check(
          `${label}: the application serves its own page`,
          served,
          everything,
        );
        if (!guarded) {
          check(
            `${label}: the attacker's page reads and changes everything`,
            stolen,
            everything,
          );
          continue;
        }
        check(
          `${label}: the attacker's page reads and changes nothing`,
          [refused.test(stolen.secret), refused.test(stolen.change)],
          [true, true],
        );
        check(
          `${label}: the attacker's page opens no WebSocket`,
          stolen.socket,
          'error',
        );
        check(
          `${label}: no code of the application ran for the attacker's page`,
          code,
          [],
        );
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
    `SKIPPED: ${executablePath} does not exist. Install Chromium or set CHROMIUM to its path.`,
  );
