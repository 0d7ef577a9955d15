import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FILE, FILES } from '../oracle/files.mjs';

/** Serves files on paths that routes with a rule have too. */
export function addStaticFiles(app, platform) {
  const root = mkdtempSync(join(tmpdir(), 'fuzz-'));
  process.on('exit', () => rmSync(root, { recursive: true }));
  for (const path of FILES) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), FILE);
  }
  // It would redirect from the path of a folder, which a route with a rule has, too.
  if (platform === 'express') app.useStaticAssets(root, { redirect: false });
  // Each file gets a route of its own, which Fastify prefers to one with parameters.
  else app.useStaticAssets({ root, prefix: '/', wildcard: false });
}
