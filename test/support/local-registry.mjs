import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * An npm registry that has one package, and that passes requests for all others
 * on. So `nest add` installs a packed package by its name, as after a release.
 */
export async function startRegistry(tarball, manifest, upstream) {
  const content = readFileSync(tarball);
  const { name, version } = manifest;
  const server = createServer((request, response) => {
    const { host } = request.headers;
    if (request.url === `/${name}`) {
      const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
      const dist = { tarball: `http://${host}/${name}.tgz`, integrity };
      response.end(
        JSON.stringify({
          name,
          'dist-tags': { latest: version },
          versions: { [version]: { ...manifest, dist } },
        }),
      );
    } else if (request.url === `/${name}.tgz`) {
      response.end(content);
    } else {
      const location = new URL(request.url.slice(1), upstream).href;
      response.writeHead(307, { location }).end();
    }
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => server.close(),
  };
}
