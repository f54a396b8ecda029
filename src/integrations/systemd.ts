import { askHost, type Host } from "./host.ts";
import { actAsNeeded } from "./service-control-act.ts";
import type { ServiceAddress, ServiceControl, ServiceState } from "./service-control-contract.ts";

type SystemdAddress = Extract<ServiceAddress, { manager: "systemd" }>;

const properties = [
  "Id,LoadState,LoadError,ActiveState,SubState,MainPID,NRestarts,Result,ExecMainCode,ExecMainStatus,UnitFileState",
  "StateChangeTimestamp,Type,NeedDaemonReload",
].join(",");

// `show` prints the same for a unit that does not exist, so its exit code says only whether systemd answered.
const stateText = `
systemctl --no-ask-password --no-pager --timestamp=unix show -p ${properties} -- "$UNIT"
pid=$(systemctl --no-ask-password --no-pager show -p MainPID --value -- "$UNIT")
if [ "\${pid:-0}" -gt 0 ] && [ -r "/proc/$pid/stat" ]; then
  read -r stat <"/proc/$pid/stat" || :
  printf 'ProcessStat=%s\\n' "\${stat:-}"
fi
active=$(systemctl --no-ask-password --no-pager show -p ActiveState --value -- "$UNIT")
if [ "$active" != active ] || [ "$LINES_ALWAYS" = 1 ]; then
  { timeout 3 journalctl --no-pager -q -o cat -n 5 -u "$UNIT" 2>/dev/null || :; } | cut -c 1-400 | sed 's/^/Line=/'
fi`;

/** A unit under systemd. Acts go by argv, and with `sudo -n` only when this account may not do them. */
export function openSystemdControl(host: Host, address: SystemdAddress): ServiceControl {
  const { unit } = address;
  const act = (verb: string) => (options: Parameters<ServiceControl["start"]>[0]) =>
    actAsNeeded(host, ["systemctl", "--no-ask-password", "--no-pager", verb, "--", unit], unit, verb, options);
  const start = act("start");
  const restart = act("restart");
  // A unit that failed too often refuses to start until its count is reset; that is the moment we are called for.
  const resetFailed = async (options: Parameters<typeof start>[0]): Promise<void> => {
    await act("reset-failed")(options).catch(() => undefined);
  };
  return {
    address,
    name: unit,
    state: async (signal, timeoutMs = 5_000) =>
      parseUnitState(await askHost(host, stateText, { signal, timeoutMs, env: { UNIT: unit, LINES_ALWAYS: "0" } })),
    start: async (options) => {
      await resetFailed(options);
      return await start(options);
    },
    stop: act("stop"),
    restart: async (options) => {
      await resetFailed(options);
      return await restart(options);
    },
    reload: act("reload"),
  };
}

/** The state in the lines of `systemctl show --timestamp=unix` (systemd 247 and later). */
export function parseUnitState(text: string): ServiceState {
  const lines = text.split("\n");
  const field = (name: string): string => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  const active = field("ActiveState");
  const loadState = field("LoadState") || "unknown";
  const mainPid = Number(field("MainPID"));
  const since = /^@(\d+)/.exec(field("StateChangeTimestamp"))?.[1];
  const code = field("ExecMainCode");
  const status = field("ExecMainStatus");
  const processState = stateLetter(field("ProcessStat"));
  const isMasked = loadState === "masked" || field("UnitFileState").startsWith("masked");
  return {
    isRunning: active === "active" || active === "reloading",
    isChanging: active === "activating" || active === "deactivating",
    ...(active === "inactive" && field("Type") === "oneshot" && field("Result") === "success" ? { isAtRest: true } : {}),
    isHung: processState === "T" || processState === "t",
    ...(mainPid > 0 ? { mainPid } : {}),
    ...(since === undefined ? {} : { since: Number(since) * 1000 }),
    ...(field("NRestarts") === "" ? {} : { restarts: Number(field("NRestarts")) }),
    ...(field("Result") === "" ? {} : { result: field("Result") }),
    // ExecMainCode is the si_code of waitid(2): 1 exited, 2 killed, 3 dumped.
    ...(code === "0" || code === "" ? {} : { lastExit: code === "1" ? `exit ${status}` : `signal ${status}` }),
    isMasked,
    isEnabled: /^(?:enabled|enabled-runtime|static|indirect|generated|alias|linked)$/.test(field("UnitFileState")),
    loadState,
    raw: lines
      .filter((line) => line !== "" && !/^(?:Line|ProcessStat)=/.test(line))
      .join("\n")
      .slice(0, 2_048),
    lastLines: lines.filter((line) => line.startsWith("Line=")).map((line) => line.slice("Line=".length)),
  };
}

/** The state in a line of /proc/PID/stat; the name before it may contain anything, brackets too. */
export function stateLetter(stat: string): string {
  return (
    stat
      .slice(stat.lastIndexOf(")") + 1)
      .trim()
      .split(" ")[0] ?? ""
  );
}
