const path = require('node:path');

const packagesOf12 = path.join(__dirname, '../../node_modules/@nestjs/');

/** Resolves what our own files import as if they stood in this directory, beside its node_modules. */
module.exports = (request, options) => {
  const bare = !request.startsWith('.') && !request.startsWith('/');
  const ours = !options.basedir.includes('node_modules');
  const found = options.defaultResolver(
    request,
    bare && ours ? { ...options, basedir: __dirname } : options,
  );
  if (found.startsWith(packagesOf12)) {
    throw new Error(
      `${request} is missing in test/nest-11/package.json: found only ${found}`,
    );
  }
  return found;
};
