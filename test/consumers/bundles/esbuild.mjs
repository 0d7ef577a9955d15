// Bundles the application and all its packages into one file, as for a function or a small image.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // CommonJS packages in the bundle call require().
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  // Nest loads these only if the application has them.
  external: [
    '@nestjs/microservices',
    '@nestjs/platform-fastify',
    '@nestjs/websockets',
    'class-transformer',
    'class-validator',
  ],
});
