// TODO(merge): delete once no file imports it.
export * from './support/app.js';
export * from './support/log-lines.js';
