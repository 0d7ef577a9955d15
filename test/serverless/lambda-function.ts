import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface LambdaResponse {
  readonly statusCode: number;
  readonly body: string;
}

interface Answer {
  readonly response: LambdaResponse;
  readonly warnings: readonly string[];
}

const processes = new Set<ChildProcess>();

/** A function that is deployed: a process of its own, since Jest cannot load what inject() needs before Node 24.9. */
export class LambdaFunction {
  warnings: readonly string[] = [];

  private constructor(private readonly child: ChildProcess) {}

  /** @param args see function.ts */
  static async deploy(
    program: string,
    ...args: readonly string[]
  ): Promise<LambdaFunction> {
    const child = fork(program, args, { execArgv: [] });
    processes.add(child);
    const lambda = new LambdaFunction(child);
    await lambda.#message();
    return lambda;
  }

  /** The response to one event. */
  async handle(event: object): Promise<LambdaResponse> {
    const message = this.#message();
    this.child.send(event);
    const { response, warnings } = (await message) as Answer;
    this.warnings = warnings;
    return response;
  }

  async status(event: object): Promise<number> {
    return (await this.handle(event)).statusCode;
  }

  static endAll(): void {
    for (const child of processes) child.kill('SIGKILL');
    processes.clear();
  }

  async #message(): Promise<unknown> {
    const [message] = (await Promise.race([
      once(this.child, 'message'),
      once(this.child, 'exit').then(() => {
        throw new Error('The function ended.');
      }),
    ])) as [unknown];
    return message;
  }
}
