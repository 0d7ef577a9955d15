import { All, Body, Controller, Get, Post, Req } from '@nestjs/common';
import { AllowAnyHost, AllowHosts, AllowProbes } from 'nestjs-allowed-hosts';
import { decorate } from './decorate.mjs';
import { record } from './record.mjs';

export class Handlers {
  hello(request) {
    return ran('hello', request);
  }
  echo(request, body) {
    return { ran: ran('echo', request), body };
  }
  admin(request) {
    return ran('admin', request);
  }
  files(request) {
    return ran('files', request);
  }
  ready(request) {
    return ran('ready', request);
  }
  any(request) {
    return ran('any', request);
  }
  secret(request) {
    return ran('secret', request);
  }
  item(request) {
    return ran('item', request);
  }
}

function ran(what, request) {
  record(what, request);
  return what;
}

const ROUTES = {
  hello: [All('hello')],
  echo: [Post('echo')],
  admin: [Get('admin'), AllowHosts('admin.example.com')],
  files: [Get('files/:folder/:name'), AllowHosts('admin.example.com')],
  ready: [Get('ready'), AllowProbes()],
  any: [Get('any'), AllowAnyHost()],
  // Before `any/:id`: Express takes the first route that matches.
  secret: [Get('any/secret')],
  item: [Get('any/:id'), AllowAnyHost()],
};
for (const [name, decorators] of Object.entries(ROUTES)) {
  decorate(Handlers, name, ...decorators);
  Req()(Handlers.prototype, name, 0);
}
Body()(Handlers.prototype, 'echo', 1);
Controller()(Handlers);
