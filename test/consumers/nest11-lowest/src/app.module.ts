import { Controller, Get, Module } from '@nestjs/common';
import { AllowedHosts, AllowedHostsModule } from 'nestjs-allowed-hosts';

@Controller()
class AppController {
  constructor(private readonly allowedHosts: AllowedHosts) {}

  @Get()
  hello() {
    return this.allowedHosts instanceof AllowedHosts ? 'Hello' : 'Who is this?';
  }
}

@Module({
  imports: [
    AllowedHostsModule.forRoot({ hosts: ['example.com'], addresses: false }),
  ],
  controllers: [AppController],
})
export class AppModule {}
