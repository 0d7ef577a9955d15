import { Controller, Get, Inject, Module } from '@nestjs/common';
import { AllowedHosts, AllowedHostsModule } from 'nestjs-allowed-hosts';

@Controller()
class AppController {
  // esbuild writes no metadata of types, so the token is explicit.
  constructor(
    @Inject(AllowedHosts) private readonly allowedHosts: AllowedHosts,
  ) {}

  @Get()
  hello() {
    return this.allowedHosts instanceof AllowedHosts ? 'Hello' : 'Who is this?';
  }
}

@Module({
  imports: [
    AllowedHostsModule.forRoot({
      hosts: ['example.com'],
      lookup: { find: (hostname) => hostname === 'shop.example' },
      addresses: false,
    }),
  ],
  controllers: [AppController],
})
export class AppModule {}
