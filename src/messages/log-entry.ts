import { inspect } from 'node:util';

/**
 * A log entry that a console prints as text and a structured logger stores as
 * fields. Both Nest's logger and nestjs-pino accept an object as the message.
 * Nest's logger prints it; nestjs-pino merges its fields and uses `msg` as the
 * text.
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
