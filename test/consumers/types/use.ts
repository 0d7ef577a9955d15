import { Controller, Get, Module } from '@nestjs/common';
import {
  AllowedHosts,
  AllowedHostsModule,
  AllowHosts,
  AllowProbes,
  HostList,
  type Verdict,
} from 'nestjs-allowed-hosts';
import * as otel from 'nestjs-allowed-hosts/opentelemetry';
import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';

@Controller()
class AppController {
  constructor(private readonly allowedHosts: AllowedHosts) {}

  @AllowProbes()
  @Get('ready')
  async ready(): Promise<boolean> {
    const verdict: Verdict = await this.allowedHosts.check({
      headers: { host: 'example.com' },
    });
    return verdict.allowed;
  }

  @AllowHosts('admin.example.com', /x/)
  @Get()
  hello(): boolean {
    return HostList.from(['.example.com']).allows('a.example.com');
  }
}

@Module({
  imports: [
    AllowedHostsModule.forRoot({ hosts: ['example.com'], addresses: false }),
  ],
  controllers: [AppController],
})
export class AppModule {}
export const fake = FakeEc2Metadata.start();
export { otel };
