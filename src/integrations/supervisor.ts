import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { askHost, type Host } from "./host.ts";
import { actAsNeeded } from "./service-control-act.ts";
import type { ServiceAddress, ServiceControl, ServiceState } from "./service-control-contract.ts";
import { stateLetter } from "./systemd.ts";

type SupervisorAddress = Extract<ServiceAddress, { manager: "supervisor" }>;

// The socket may belong to root: then the question is asked with sudo, if that is allowed without a password.
const stateText = `
ask() { if [ -n "$CONFIG" ]; then "$@" supervisorctl -c "$CONFIG" status "$PROGRAM"; else "$@" supervisorctl status "$PROGRAM"; fi; }
command -v supervisorctl >/dev/null || { echo 'supervisorctl is not installed' >&2; exit 1; }
# sudo says no at once, supervisorctl takes a while to: without root it is asked first.
via=(env)
if [ "$(id -u)" -ne 0 ] && sudo -n true 2>/dev/null; then via=(sudo -n); fi
out=$(ask "\${via[@]}" 2>&1 </dev/null) || :
printf '%s\\n' "$out" | sed 's/^/Status=/'
for pid in $(printf '%s\\n' "$out" | sed -n 's/.* pid \\([0-9][0-9]*\\),.*/\\1/p'); do
  if [ -r "/proc/$pid/stat" ]; then read -r stat <"/proc/$pid/stat" && printf 'ProcessStat=%s\\n' "$stat" || :; fi
done
sick=$(printf '%s\\n' "$out" | awk '$2 ~ /^(EXITED|FATAL|BACKOFF|STOPPED)$/ { print $1; exit }')
if [ -n "$sick" ]; then
  tell() { if [ -n "$CONFIG" ]; then "\${via[@]}" supervisorctl -c "$CONFIG" tail -1600 "$sick" "$1"; else "\${via[@]}" supervisorctl tail -1600 "$sick" "$1"; fi 2>/dev/null </dev/null; }
  # A program whose errors go into its output has no second log.
  said=$(tell stderr) || :
  case $said in ''|*NO_FILE*|*'no log file'*) said=$(tell stdout) || : ;; esac
  printf '%s\\n' "$said" | tail -n 5 | cut -c 1-400 | sed '/^$/d; s/^/Line=/'
fi`;

/** A program under supervisor. `worker` means every process of the group `worker`, one or several. */
export function openSupervisorControl(host: Host, address: SupervisorAddress): ServiceControl {
  const { program, configFile } = address;
  const target = program.includes(":") ? program : `${program}:*`;
  const act = (verb: string) => async (options: Parameters<ServiceControl["start"]>[0]) => {
    const done = await actAsNeeded(
      host,
      ["supervisorctl", ...(configFile === undefined ? [] : ["-c", configFile]), verb, target],
      program,
      verb,
      options,
    );
    // supervisorctl ends with 0 for some refusals and says them only in words.
    const refusal = done.evidence.split("\n").find((line) => /ERROR \((?!already started|not running)/.test(line));
    if (refusal === undefined) return done;
    throw new Failure(
      "service-failed",
      message("service.act-failed", { act: `${program} ${verb}`, host: host.name, reason: refusal }),
      message("service.next-status", { act: program }),
    );
  };
  const start = act("start");
  return {
    address,
    name: program,
    state: async (signal, timeoutMs = 5_000) => {
      const state = parseSupervisorState(
        await askHost(host, stateText, { signal, timeoutMs, env: { PROGRAM: target, CONFIG: configFile ?? "" } }),
      );
      if (state.loadState !== "unanswered") return state;
      throw new Failure(
        "service-failed",
        message("service.manager-silent", { manager: "supervisor", host: host.name, reason: state.raw.slice(0, 200) }),
        message("service.next-supervisor", { host: host.name }),
      );
    },
    start: async (options) => {
      try {
        return await start(options);
      } catch (error) {
        // "already started" ends with an exit code of its own; what runs needs no start.
        if (error instanceof Failure && /already started/.test(error.message)) return { evidence: error.message, durationMs: 0 };
        throw error;
      }
    },
    stop: act("stop"),
    restart: act("restart"),
    reload: (options) =>
      actAsNeeded(
        host,
        ["supervisorctl", ...(configFile === undefined ? [] : ["-c", configFile]), "signal", "HUP", target],
        program,
        "reload",
        options,
      ),
  };
}

const changing = new Set(["STARTING", "STOPPING", "BACKOFF"]);

/** The state in lines such as `worker:worker_00  RUNNING  pid 7, uptime 1 day, 0:00:03`. The group is up when each of its processes is. */
export function parseSupervisorState(text: string): ServiceState {
  const all = text.split("\n");
  const status = all.filter((line) => line.startsWith("Status=")).map((line) => line.slice("Status=".length).trimEnd());
  const processes = status.flatMap((line) => {
    const [, name = "", state = "", detail = ""] =
      /^(\S+)\s+(STOPPED|STARTING|RUNNING|BACKOFF|STOPPING|EXITED|FATAL|UNKNOWN)\b\s*(.*)$/.exec(line) ?? [];
    return name === "" ? [] : [{ state, detail }];
  });
  const states = processes.map(({ state }) => state);
  const isAbsent = processes.length === 0 && status.some((line) => /no such (?:process|group)/i.test(line));
  const pids = processes.map(({ detail }) => Number(/\bpid (\d+)/.exec(detail)?.[1] ?? 0)).filter((pid) => pid > 0);
  const letters = all.filter((line) => line.startsWith("ProcessStat=")).map(stateLetter);
  const worst = processes.find(({ state }) => state !== "RUNNING");
  return {
    isRunning: states.length > 0 && states.every((state) => state === "RUNNING"),
    isChanging: states.some((state) => changing.has(state)),
    isHung: letters.some((letter) => letter === "T" || letter === "t"),
    ...(pids[0] === undefined ? {} : { mainPid: pids[0], pids }),
    ...(worst === undefined ? {} : { result: worst.state, ...(worst.detail === "" ? {} : { lastExit: worst.detail }) }),
    isMasked: false,
    isEnabled: !isAbsent,
    loadState: isAbsent ? "not-found" : processes.length === 0 ? "unanswered" : "loaded",
    raw: status.join("\n").slice(0, 2_048),
    lastLines: all.filter((line) => line.startsWith("Line=")).map((line) => line.slice("Line=".length)),
  };
}
