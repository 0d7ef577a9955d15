import type { LoggerService } from '@nestjs/common';

/** A logger that keeps the lines of an application. */
export class LogLines implements LoggerService {
  readonly lines: { level: string; message: string }[] = [];
  log = (message: unknown) => this.#add('log', message);
  warn = (message: unknown) => this.#add('warn', message);
  error = (message: unknown) => this.#add('error', message);
  debug = (message: unknown) => this.#add('debug', message);
  verbose = () => undefined;
  fatal = (message: unknown) => this.#add('fatal', message);

  of(level: string): string[] {
    return this.lines
      .filter((line) => line.level === level)
      .map(({ message }) => message);
  }

  #add(level: string, message: unknown): void {
    this.lines.push({ level, message: String(message) });
  }
}
