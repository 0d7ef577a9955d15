import { Controller, Get, Headers } from '@nestjs/common';

@Controller()
export class AppController {
  @Get()
  index(@Headers('host') host: string) {
    return `Welcome to ${host}\n`;
  }
}
