import { Controller, Get, Headers, Post } from '@nestjs/common';
import { InjectPrivateIp } from '../../../src/index.js';

@Controller()
export class AppController {
  constructor(@InjectPrivateIp() private readonly privateIp: string | null) {}

  @Get()
  index() {
    return `Hello from ${this.privateIp ?? 'a machine without a private address'}\n`;
  }

  /** Builds the link from Host, as many applications do. That is safe only if Host is checked. */
  @Post('password-reset')
  resetPassword(@Headers('host') host: string) {
    return { mailed: `https://${host}/password-reset/a-secret-token` };
  }
}
