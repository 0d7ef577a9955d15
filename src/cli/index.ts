/** What the sample uses, too. It is not part of the API of the package. */
export { type Exchange, type RawRequest } from './http/exchange.js';
export { send } from './http/send.js';
export { run } from './run.js';
export { table } from './table.js';
