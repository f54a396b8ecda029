import { runCommand, type CommandOptions, type CommandResult } from "../kernel/exec.ts";

/** Where commands run. `ssh` uses the operator's own ssh configuration and keys. */
export type HostAddress = { readonly via: "local" } | { readonly via: "ssh"; readonly target: string; readonly configFile?: string };

export type Host = {
  readonly name: string;
  readonly isLocal: boolean;
  /** Runs a program with arguments; no shell looks at them. */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Runs a text as `bash -euo pipefail`; values come in by `env`. */
  script(text: string, options?: CommandOptions): Promise<CommandResult>;
};

export function openHost(name: string, address: HostAddress): Host {
  return address.via === "local" ? localHost(name) : sshHost(name, address.target, address.configFile);
}

function localHost(name: string): Host {
  return {
    name,
    isLocal: true,
    run: (argv, options) => runCommand(argv, options),
    script: (text, options) => runCommand(["bash", "-euo", "pipefail", "-c", text], options),
  };
}

/** ssh reports its own failures (unreachable, wrong key) with this code; see ssh(1), EXIT STATUS. */
export const sshFailureCode = 255;

function sshHost(name: string, target: string, configFile?: string): Host {
  const ssh = [
    "ssh",
    ...(configFile === undefined ? [] : ["-F", configFile]),
    // Nobody is there to answer a question, and a host that changed its key is not our host.
    ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "ServerAliveInterval=3", "-o", "ServerAliveCountMax=2"],
    target,
  ];
  const remote = (body: string, options: CommandOptions = {}): Promise<CommandResult> => {
    const { env = {}, input = "", cwd, ...rest } = options;
    // The text travels on stdin: nothing of it shows in a process list. `timeout` ends the remote group even if the line is cut.
    const limit = Math.ceil((options.timeoutMs ?? 600_000) / 1000) + 1;
    const lines = [
      ...Object.entries(env).map(([key, value]) => `export ${key}=${quote(value)}`),
      ...(cwd === undefined ? [] : [`cd ${quote(cwd)}`]),
      `printf %s ${quote(input)} | timeout --kill-after=1 ${limit} ${body}`,
    ];
    return runCommand([...ssh, "bash", "-s"], { ...rest, input: lines.join("\n") });
  };
  return {
    name,
    isLocal: false,
    run: (argv, options) => remote(argv.map(quote).join(" "), options),
    script: (text, options) => remote(`bash -euo pipefail -c ${quote(text)}`, options),
  };
}

/** One word of a POSIX shell, whatever it contains. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
