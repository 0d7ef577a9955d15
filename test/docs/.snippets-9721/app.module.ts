// app.module.ts
import { Module } from '@nestjs/common';
import { AllowedHostsModule } from '../../../src/index.js';
import { AppController } from './app.controller.js';
import { AppService } from './app.service.js';

@Module({
  imports: [AllowedHostsModule.forRoot({ hosts: 'example.com, .example.org' })],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
