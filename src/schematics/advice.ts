import type { Registration } from './edit-module.js';

const indented = (code: string) => code.replaceAll(/^(?=.)/gm, '  ');

/** What to write by hand in a file that is not understood, by the purpose of the file. */
export const advice = {
  module: ({ code, fromConfig }: Registration): string =>
    `In the root module, write:\n${indented(
      [
        ...(fromConfig.length === 0
          ? []
          : [`import { ${fromConfig.join(', ')} } from '@nestjs/config';`]),
        `import { AllowedHostsModule } from 'nestjs-allowed-hosts';`,
        '',
        `imports: [\n  ${code.replaceAll('\n', '\n  ')},\n],`,
      ].join('\n'),
    )}`,

  main: `After NestFactory.create(), write:\n${indented(
    'app.enableShutdownHooks(); // needed to drain on SIGTERM',
  )}`,

  test: `On each request, write a host that the application serves:\n${indented(
    `request(app.getHttpServer()).get('/').set('Host', 'localhost')`,
  )}`,
};
