import { run } from '../../src/cli/run.js';

export interface Captured {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly connectedTo: string;
  readonly requests: readonly {
    readonly who: string;
    readonly request: string;
    readonly host: string;
    readonly response: string;
    readonly status: number | null;
    readonly findings: readonly string[];
  }[];
  readonly findings: readonly {
    readonly id: string;
    readonly level: string;
    readonly what: string;
    readonly change: readonly string[];
  }[];
}

const now = performance.now.bind(performance);

/**
 * Runs a command line in this process. Its clock stands still, because a busy
 * machine may be slower than a kubelet waits.
 */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  isTTY = false,
): Promise<Captured> {
  performance.now = () => 0;
  try {
    return await runInRealTime(args, env, isTTY);
  } finally {
    performance.now = now;
  }
}

export async function runInRealTime(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  isTTY = false,
): Promise<Captured> {
  let stdout = '';
  let stderr = '';
  const code = await run(
    args,
    {
      stdout: { write: (text) => (stdout += text), isTTY },
      stderr: { write: (text) => (stderr += text), isTTY },
      env,
    },
    '0.0.0-test',
  );
  return { code, stdout, stderr };
}

/** The report of `check --json`, and the exit code. */
export async function checkJson(...args: readonly string[]) {
  const { code, stdout } = await runCli(['check', ...args, '--json']);
  const report = JSON.parse(stdout) as Report;
  const ids = (level: string) =>
    report.findings.filter((one) => one.level === level).map(({ id }) => id);
  return {
    code,
    report,
    problems: ids('problem'),
    notes: ids('note'),
    /** The status for each sender whose name begins so. */
    statuses: (who: string) =>
      report.requests
        .filter((row) => row.who.startsWith(who))
        .map(({ status }) => status),
  };
}
