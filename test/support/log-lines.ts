import type { LoggerService } from '@nestjs/common';

/** A logger that keeps the lines of an application. */
export class LogLines implements LoggerService {
  readonly lines: { level: string; message: string; context: unknown }[] = [];
  log = (message: unknown, ...rest: unknown[]) =>
    this.#add('log', message, rest);
  warn = (message: unknown, ...rest: unknown[]) =>
    this.#add('warn', message, rest);
  error = (message: unknown, ...rest: unknown[]) =>
    this.#add('error', message, rest);
  debug = (message: unknown, ...rest: unknown[]) =>
    this.#add('debug', message, rest);
  verbose = () => undefined;
  fatal = (message: unknown, ...rest: unknown[]) =>
    this.#add('fatal', message, rest);

  of(level: string): string[] {
    return this.lines
      .filter((line) => line.level === level)
      .map(({ message }) => message);
  }

  /** @param rest what Nest passes after the message; the context is the last of it */
  #add(level: string, message: unknown, rest: unknown[]): void {
    this.lines.push({
      level,
      message: String(message),
      context: rest.at(-1),
    });
  }
}
