import { homedir } from "node:os";
import { exitCodes } from "../kernel/failure.ts";
import type { CommandResult } from "../kernel/exec.ts";
import { maskPersonalData } from "../kernel/mask.ts";
import { expand, readInProcess, withoutParameters } from "./parameters.ts";
import type { Block, Step } from "./playbook.ts";
import type { RunHands, RunInput } from "./run-contract.ts";

export type BlockResult = {
  readonly isDone: boolean;
  readonly isTimedOut: boolean;
  readonly exitCode: number | undefined;
  readonly output: string;
  /** Refused before anything was changed. */ readonly isRefused?: boolean;
};

const keptOutput = 4000;

/** Runs one block on its step's host, inside `limitMs`; at the end of that time everything it started is killed. */
export async function runBlock(
  block: Block,
  step: Step,
  input: RunInput,
  hands: RunHands,
  limitMs: number,
  signal: AbortSignal,
): Promise<BlockResult> {
  const env = bindParameters(block, input);
  const lines = readInProcess(block, env);
  const result =
    lines === undefined
      ? await runShell(block, step, input, hands, env, limitMs, signal)
      : await runLines(lines, block.role === "do" && block.risk === "read", hands, env, limitMs, signal);
  return { ...result, output: maskPersonalData(result.output.trim()).slice(-keptOutput) };
}

/** Values for a block: what the run was given, else what the document presets. They travel by environment only. */
export function bindParameters(block: Block, input: RunInput): Record<string, string> {
  const env: Record<string, string> = {
    AMPEL_SUBJECT: input.subject,
    AMPEL_HOST: input.host,
    AMPEL_CAUSE: input.cause,
    AMPEL_ZONE: input.zone,
    ...input.parameters,
  };
  for (const { name, preset } of block.parameters) {
    if (!Object.hasOwn(input.parameters, name)) env[name] = expand(preset, env) ?? preset;
  }
  return env;
}

/** A look that found something in a zone has looked: only a verify block takes that for a no. */
const zoneCodes: ReadonlySet<number> = new Set([exitCodes.green, exitCodes.yellow, exitCodes.red]);

type Lines = NonNullable<ReturnType<typeof readInProcess>>;

async function runLines(
  lines: Lines,
  isLook: boolean,
  hands: RunHands,
  env: Record<string, string>,
  limitMs: number,
  signal: AbortSignal,
): Promise<BlockResult> {
  const limit = AbortSignal.timeout(limitMs);
  const either = AbortSignal.any([signal, limit]);
  let output = "";
  for (const { words } of lines) {
    // Whatever a command of ours throws is the end of this block, never of the run: somebody waits for its outcome.
    const called = hands
      .command(words, { env, signal: either })
      .catch((error: unknown) => ({ exitCode: undefined, output: String(error), isRefused: false }));
    const ended = await Promise.race([called, afterAbort(either)]);
    if (ended === "aborted") return { isDone: false, isTimedOut: limit.aborted, exitCode: undefined, output };
    output += `${ended.output.trimEnd()}\n`;
    const isGood = ended.exitCode === 0 || (isLook && ended.exitCode !== undefined && zoneCodes.has(ended.exitCode));
    if (!isGood) return { isDone: false, isTimedOut: limit.aborted, exitCode: ended.exitCode, output, isRefused: ended.isRefused === true };
  }
  return { isDone: true, isTimedOut: false, exitCode: 0, output };
}

function afterAbort(signal: AbortSignal): Promise<"aborted"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("aborted");
    signal.addEventListener("abort", () => resolve("aborted"), { once: true });
  });
}

async function runShell(
  block: Block,
  step: Step,
  input: RunInput,
  hands: RunHands,
  env: Record<string, string>,
  limitMs: number,
  signal: AbortSignal,
): Promise<BlockResult> {
  const host = hands.openHost(resolveHost(step, input));
  const result = await host.script(withoutParameters(block), {
    env: { LC_ALL: "C.UTF-8", ...(host.isLocal ? { HOME: homedir(), ...hands.localEnv } : {}), ...env },
    timeoutMs: limitMs,
    signal,
    ...(step.cwd === undefined ? {} : { cwd: step.cwd }),
  });
  return { isDone: result.exitCode === 0, isTimedOut: result.isTimedOut, exitCode: result.exitCode, output: describe(result) };
}

/** `subject` and `local` are words of the format, everything else is a host of the configuration. */
export function resolveHost(step: Step, input: RunInput): string {
  return step.host === "subject" ? input.host : step.host;
}

function describe({ stdout, stderr, startError }: CommandResult): string {
  return [stdout.trim(), stderr.trim(), startError ?? ""].filter((text) => text !== "").join("\n");
}
