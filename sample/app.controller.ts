import { Controller, Get, Headers, Post } from '@nestjs/common';
import { InjectPrivateIp } from 'nestjs-allowed-hosts';

@Controller()
export class AppController {
  constructor(@InjectPrivateIp() private readonly privateIp: string | null) {}

  @Get()
  index() {
    return `Hello from ${this.privateIp ?? 'a machine without a cloud'}\n`;
  }

  /** The link is made from Host, as many applications do. It is right only where Host is. */
  @Post('password-reset')
  resetPassword(@Headers('host') host: string) {
    return { mailed: `https://${host}/password-reset/a-secret-token` };
  }
}
