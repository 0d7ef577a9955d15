import {
  BadRequestException,
  Controller,
  Get,
  Post,
  ServiceUnavailableException,
  type INestApplication,
} from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import {
  AllowedHostsModule,
  type AllowedHostsOptions,
} from '../../src/index.js';

@Controller()
class ShopController {
  @Get()
  index() {
    return 'shop';
  }

  @Post('orders')
  order() {
    return 'ordered';
  }

  @Get('bad')
  bad() {
    throw new BadRequestException('a reason of the application');
  }

  @Get('busy')
  busy() {
    throw new ServiceUnavailableException();
  }
}

@WebSocketGateway({ path: '/live' })
class LiveGateway {}

/** An application with responses of its own for every status that a proxy may look at, and a WebSocket. */
export const shop = (options: Partial<AllowedHostsOptions> = {}) => ({
  module: class ShopModule {},
  imports: [
    AllowedHostsModule.forRoot({
      hosts: 'example.com, .example.org',
      addresses: false,
      ...options,
    }),
  ],
  controllers: [ShopController],
  providers: [LiveGateway],
});

export const withWebSockets = (app: INestApplication): void => {
  app.useWebSocketAdapter(new WsAdapter(app));
};
