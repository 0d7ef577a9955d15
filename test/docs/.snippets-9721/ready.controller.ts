// ready.controller.ts
import { Controller, Get } from '@nestjs/common';
import { AllowProbes } from '../../../src/index.js';

@AllowProbes()
@Controller('readyz')
export class ReadyController {
  @Get()
  check() {
    return 'ready';
  }
}
