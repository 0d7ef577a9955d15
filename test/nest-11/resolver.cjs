const path = require('node:path');

const packagesOf12 = path.join(__dirname, '../../node_modules/@nestjs/');

/** Resolves the imports of this repository as if its files were in this directory, next to its node_modules. */
module.exports = (request, options) => {
  const bare = !request.startsWith('.') && !request.startsWith('/');
  const own = !options.basedir.includes('node_modules');
  const found = options.defaultResolver(
    request,
    bare && own ? { ...options, basedir: __dirname } : options,
  );
  if (found.startsWith(packagesOf12)) {
    throw new Error(
      `${request} is missing in test/nest-11/package.json: found only ${found}`,
    );
  }
  return found;
};
