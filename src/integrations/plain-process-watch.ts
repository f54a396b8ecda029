import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { holdCommand, type Host } from "./host.ts";
import { stateLetter } from "./systemd.ts";

/** Processes to watch under one key: those of a pid file, which may change, or given ones. */
export type WatchedProcess = { readonly key: string } & ({ readonly pidFile: string } | { readonly pids: readonly number[] });

/**
 * Linux offers no event for a process that is not one's child without a native call, so /proc is read at this pace:
 * 12 µs a process and turn (measured), which is 0.01 % of a core for each.
 */
const localPaceMs = 100;
const heartbeatLimitMs = 8_000;

/**
 * Calls `onChange` with the key when one of its processes ended, was stopped or continued by a signal, or was replaced.
 * Resolves with the reason when it can watch no longer: the signal aborted, or the line to the host is cut.
 */
export async function watchProcesses(host: Host, watched: readonly WatchedProcess[], onChange: (key: string) => void, onReady: () => void, signal: AbortSignal): Promise<string> {
  return host.isLocal ? await watchHere(watched, onChange, onReady, signal) : await watchThere(host, watched, onChange, onReady, signal);
}

async function watchHere(watched: readonly WatchedProcess[], onChange: (key: string) => void, onReady: () => void, signal: AbortSignal): Promise<string> {
  const last = new Map(watched.map((one) => [one.key, lookAt(one)]));
  onReady();
  return await new Promise((resolve) => {
    const timer = setInterval(() => {
      for (const one of watched) {
        const now = lookAt(one);
        if (now === last.get(one.key)) continue;
        last.set(one.key, now);
        onChange(one.key);
      }
    }, localPaceMs);
    const stop = (): void => {
      clearInterval(timer);
      resolve("aborted");
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
}

/** Pid, start tick and whether it is stopped, of each process; equal as long as nothing happened. */
function lookAt(one: WatchedProcess): string {
  const pids = "pids" in one ? one.pids.map(String) : [readText(one.pidFile).trim().split(/\s/)[0] ?? ""];
  return pids
    .map((pid) => {
      const stat = /^\d+$/.test(pid) ? readText(`/proc/${pid}/stat`) : "";
      const letter = stateLetter(stat);
      if (stat === "" || "ZXx".includes(letter)) return `${pid} gone`;
      const startTick = stat.slice(stat.lastIndexOf(")") + 1).trim().split(" ")[19] ?? "";
      return `${pid} ${startTick} ${letter === "T" || letter === "t" ? "stopped" : "running"}`;
    })
    .join(",");
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

async function watchThere(host: Host, watched: readonly WatchedProcess[], onChange: (key: string) => void, onReady: () => void, signal: AbortSignal): Promise<string> {
  const abort = new AbortController();
  const targets = watched.map((one) => ("pids" in one ? `pids:${one.pids.join(" ")}` : one.pidFile));
  const held = holdCommand(host, ["bash", "-c", watchText, "watch", ...targets], AbortSignal.any([signal, abort.signal]));
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
