import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
// Without the import Nest would load it by its name at run time, which no bundle has.
import { ExpressAdapter } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule, new ExpressAdapter());
await app.listen(process.env.PORT ?? 3000);
