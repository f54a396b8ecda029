import type { CommandResult } from "../kernel/exec.ts";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { assertAnswered, type Host } from "./host.ts";
import type { ActEvidence, ActOptions } from "./service-control-contract.ts";

const keptBytes = 2_048;

/** Runs one act of a service manager as it is, then with `sudo -n` when this account may not. */
export async function actAsNeeded(
  host: Host,
  argv: readonly string[],
  name: string,
  verb: string,
  options: ActOptions,
): Promise<ActEvidence> {
  const given = { signal: options.signal, timeoutMs: options.timeoutMs, env: { LC_ALL: "C" } };
  let shown = argv;
  let result = await host.run(argv, given);
  if (isRefused(result)) {
    shown = ["sudo", "-n", "--", ...argv];
    result = await host.run(shown, given);
  }
  return checkAct(host, result, `${name} ${verb}`, shown.join(" "), options.signal);
}

/** @throws {Failure} service-failed when the act did not succeed */
export function checkAct(host: Host, result: CommandResult, act: string, shown: string, signal: AbortSignal): ActEvidence {
  assertAnswered(host, result, signal);
  const printed = `${result.stdout}${result.stderr}`.trim();
  if (result.exitCode !== 0) {
    const reason = printed.split("\n").at(-1)?.slice(0, 300) || `exit ${result.exitCode ?? "?"}`;
    throw new Failure(
      "service-failed",
      message("service.act-failed", { act, host: host.name, reason }),
      message("service.next-status", { act }),
    );
  }
  return { evidence: `$ ${shown}\n${printed}`.trim().slice(0, keptBytes), durationMs: Math.round(result.durationMs) };
}

/** The words of systemd, polkit and supervisor for "not you". */
function isRefused(result: CommandResult): boolean {
  return (
    result.exitCode !== 0 &&
    /authentication (?:is )?required|access denied|permission denied|not authorized/i.test(result.stderr + result.stdout)
  );
}
