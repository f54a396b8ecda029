import { execa } from "execa";

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  timeoutMs?: number;
  /** Text for standard input; without it the command reads an end of file. */
  input?: string;
}

/** The environment of a fresh login: nothing of the test process leaks into a host. */
export const plainEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
};

/** Runs a command to its end. A non-zero exit is a result; a timeout, a signal or a missing binary throws. */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file, ...rest] = argv;
  if (file === undefined) throw new TypeError("runCommand needs a command");
  const result = await execa(file, rest, {
    env: plainEnvironment,
    extendEnv: false,
    input: options.input ?? "",
    reject: false,
    timeout: options.timeoutMs ?? 30_000,
    forceKillAfterDelay: 1_000,
  });
  if (result.exitCode === undefined) {
    throw new Error(`${argv.join(" ")}: ${result.shortMessage}`, { cause: result });
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** Runs a command that has to succeed; returns its standard output. */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await runCommand(argv, options);
  if (result.exitCode !== 0) {
    throw new Error(`${argv.join(" ")} ended with ${result.exitCode}: ${result.stderr || result.stdout}`);
  }
  return result.stdout;
}
