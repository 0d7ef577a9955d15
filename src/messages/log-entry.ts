import { inspect } from 'node:util';

/**
 * A line that is text to a console and fields to a structured logger: Nest's own and nestjs-pino take a message that
 * is an object, the one prints it, the other merges its fields and takes `msg` for the text.
 */
export class LogEntry {
  constructor(
    readonly msg: string,
    fields: Readonly<Record<string, unknown>>,
  ) {
    Object.assign(this, fields);
  }

  toString(): string {
    return this.msg;
  }

  [inspect.custom](): string {
    return this.msg;
  }
}
