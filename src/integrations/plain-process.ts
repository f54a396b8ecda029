import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { askHost, type Host } from "./host.ts";
import { lookHere } from "./plain-process-here.ts";
import { actText, lookText } from "./plain-process-text.ts";
import { checkAct } from "./service-control-act.ts";
import type { ActOptions, ServiceAddress, ServiceControl, ServiceState } from "./service-control-contract.ts";

type ProcessAddress = Extract<ServiceAddress, { manager: "process" }>;

const defaultGraceMs = 5_000;

/**
 * A service known by its pid file alone. A recycled pid is not our process, a zombie is not running,
 * and two starts at the same time give one process (flock on `PIDFILE.lock`).
 */
export function openProcessControl(host: Host, address: ProcessAddress): ServiceControl {
  const { pidFile, start, stop = [], cwd = "/", env = {}, logFile = `${pidFile}.log` } = address;
  const name =
    pidFile
      .split("/")
      .at(-1)
      ?.replace(/\.pid$/, "") ?? pidFile;
  const act = (verb: string) => async (options: ActOptions) => {
    const graceMs = Math.min(options.stopGraceMs ?? defaultGraceMs, Math.max(0, options.timeoutMs - 2_000));
    const result = await host.run(["bash", "--norc", "-euo", "pipefail", "-c", actText, name, ...stop, ...start], {
      signal: options.signal,
      timeoutMs: options.timeoutMs,
      // The service's own environment comes first: it must not replace what the text works with.
      env: {
        ...env,
        PIDFILE: pidFile,
        LOGFILE: logFile,
        CWD: cwd,
        ACT: verb,
        STOP_ARGC: String(stop.length),
        GRACE_TENTHS: String(Math.ceil(graceMs / 100)),
      },
    });
    return checkAct(host, result, `${name} ${verb}`, `${verb} ${pidFile}: ${(verb === "stop" ? stop : start).join(" ")}`, options.signal);
  };
  return {
    address,
    name,
    state: async (signal, timeoutMs = 5_000) =>
      parseProcessState(
        host.isLocal
          ? await within(lookHere(pidFile, logFile), host, signal, timeoutMs)
          : await askHost(host, lookText, { signal, timeoutMs, env: { PIDFILE: pidFile, LOGFILE: logFile } }),
      ),
    start: act("start"),
    stop: act("stop"),
    restart: act("restart"),
    reload: act("reload"),
  };
}

/** The state in the lines that `lookText` prints. */
export function parseProcessState(text: string): ServiceState {
  const lines = text.split("\n");
  const field = (name: string): string => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  const letter = field("Letter");
  const isAlive = field("Why") === "alive";
  return {
    isRunning: isAlive,
    isChanging: false,
    isHung: isAlive && (letter === "T" || letter === "t"),
    ...(isAlive ? { mainPid: Number(field("Pid")), since: Number(field("Since")) * 1000 } : { result: field("Why") }),
    isMasked: false,
    isEnabled: true,
    loadState: "loaded",
    raw: lines.filter((line) => line !== "" && !line.startsWith("Line=")).join("\n"),
    lastLines: lines.filter((line) => line.startsWith("Line=")).map((line) => line.slice("Line=".length)),
  };
}

/** A folder on a dead network disk answers never: then nothing is known. @throws {Failure} host-unreachable */
async function within(looking: Promise<string>, { name }: Host, signal: AbortSignal, timeoutMs: number): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const late = new Promise<never>((_, reject) => {
    limit.addEventListener(
      "abort",
      () => {
        const what = message("host.timed-out", { host: name, reason: `${timeoutMs} ms` });
        reject(
          signal.aborted ? (signal.reason as Error) : new Failure("host-unreachable", what, message("host.next-reach", { host: name })),
        );
      },
      { once: true },
    );
  });
  signal.throwIfAborted();
  return await Promise.race([looking, late]);
}
