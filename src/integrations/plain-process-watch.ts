import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { holdCommand, type Host } from "./host.ts";
import { stateLetter } from "./systemd.ts";

/** Processes to watch under one key: those of a pid file, which may change, or given ones. */
export type WatchedProcess = { readonly key: string } & ({ readonly pidFile: string } | { readonly pids: readonly number[] });

/** Linux offers no event for a process that is not one's child without a native call, so /proc is read at this pace: about 2 % of a core. */
function paceFor(processes: number): number {
  return Math.min(100, Math.max(20, processes));
}
const heartbeatLimitMs = 8_000;

/**
 * Calls `onChange` with the key when one of its processes ended, was stopped or continued by a signal, or was replaced.
 * Resolves with the reason when it can watch no longer: the signal aborted, or the line to the host is cut.
 */
export async function watchProcesses(
  host: Host,
  watched: readonly WatchedProcess[],
  onChange: (key: string) => void,
  onReady: () => void,
  signal: AbortSignal,
): Promise<string> {
  return host.isLocal ? await watchHere(watched, onChange, onReady, signal) : await watchThere(host, watched, onChange, onReady, signal);
}

async function watchHere(
  watched: readonly WatchedProcess[],
  onChange: (key: string) => void,
  onReady: () => void,
  signal: AbortSignal,
): Promise<string> {
  const lookers = watched.map((one) => ({ key: one.key, look: createLooker(one) }));
  const last = new Map(lookers.map(({ key, look }) => [key, look.now()]));
  onReady();
  return await new Promise((resolve) => {
    const timer = setInterval(() => {
      for (const { key, look } of lookers) {
        const now = look.now();
        if (now === last.get(key)) continue;
        last.set(key, now);
        onChange(key);
      }
    }, paceFor(watched.length));
    const stop = (): void => {
      clearInterval(timer);
      for (const { look } of lookers) look.close();
      resolve("aborted");
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
}

/**
 * Says for each process: pid and whether it runs, is stopped or gone; equal as long as nothing happened. `/proc/PID/stat` stays
 * open: reading it again costs a tenth of opening it, and the descriptor belongs to that process even when its number comes round.
 */
function createLooker(one: WatchedProcess): { now(): string; close(): void } {
  const open = new Map<string, number>();
  let pids = "pids" in one ? one.pids.map(String) : [];
  let written = "";
  const closeAll = (): void => {
    for (const descriptor of open.values()) closeSync(descriptor);
    open.clear();
  };
  const findPids = (): void => {
    if ("pids" in one) return;
    const stat = statSync(one.pidFile, { throwIfNoEntry: false });
    const now = stat === undefined ? "" : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    if (now === written) return;
    written = now;
    closeAll();
    const pid = stat === undefined ? "" : (readText(one.pidFile).trim().split(/\s/)[0] ?? "");
    pids = /^\d+$/.test(pid) ? [pid] : [];
  };
  return {
    now: () => {
      findPids();
      return `${written} ${pids.map((pid) => `${pid} ${lookAt(pid, open)}`).join(",")}`;
    },
    close: closeAll,
  };
}

const statBytes = Buffer.alloc(1_024);

function lookAt(pid: string, open: Map<string, number>): "running" | "stopped" | "gone" {
  try {
    const descriptor = open.get(pid) ?? openSync(`/proc/${pid}/stat`, "r");
    open.set(pid, descriptor);
    const letter = stateLetter(statBytes.toString("latin1", 0, readSync(descriptor, statBytes, 0, statBytes.length, 0)));
    if (letter === "T" || letter === "t") return "stopped";
    return letter === "" || "ZXx".includes(letter) ? "gone" : "running";
  } catch {
    // ENOENT when it was opened too late, ESRCH when it has ended
    return "gone";
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

// `read -t` on a pipe nobody writes to is a sleep without a process. The heartbeat ends the loop when nobody listens any more.
const watchText = `
exec {nap}<> <(:)
declare -A was
turn=0
while :; do
  for ((index = 1; index <= $#; index++)); do
    target=\${!index}; now=
    case $target in pids:*) list=\${target#pids:} ;; *) list=; { read -r list _ <"$target"; } 2>/dev/null || : ;; esac
    for pid in $list; do
      stat=; { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || :
      rest=(\${stat##*)})
      case \${rest[0]:-Z} in Z|X|x) now+="$pid gone," ;; T|t) now+="$pid \${rest[19]} stopped," ;; *) now+="$pid \${rest[19]} running," ;; esac
    done
    if [ "$turn" -gt 0 ] && [ "$now" != "\${was[$index]:-}" ]; then echo "$index" || exit 0; fi
    was[$index]=$now
  done
  if ((turn % 10 == 0)); then echo . || exit 0; fi
  turn=$((turn + 1))
  read -rt 0.2 -u "$nap" _ || :
done`;

async function watchThere(
  host: Host,
  watched: readonly WatchedProcess[],
  onChange: (key: string) => void,
  onReady: () => void,
  signal: AbortSignal,
): Promise<string> {
  const abort = new AbortController();
  const targets = watched.map((one) => ("pids" in one ? `pids:${one.pids.join(" ")}` : one.pidFile));
  const held = holdCommand(host, ["bash", "--norc", "-c", watchText, "watch", ...targets], AbortSignal.any([signal, abort.signal]));
  held.stdin.on("error", () => {});
  let isReady = false;
  return await new Promise((resolve) => {
    const end = (reason: string): void => {
      clearTimeout(silence);
      abort.abort();
      resolve(reason);
    };
    const silence = setTimeout(() => end("no heartbeat"), heartbeatLimitMs);
    held.on("error", (error) => end(signal.aborted ? "aborted" : error.message));
    held.on("exit", (code) => end(`ended with ${code ?? "a signal"}`));
    createInterface({ input: held.stdout }).on("line", (line) => {
      silence.refresh();
      if (!isReady) {
        isReady = true;
        onReady();
      }
      const one = /^\d+$/.test(line) ? watched[Number(line) - 1] : undefined;
      if (one !== undefined) onChange(one.key);
    });
  });
}
