import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { seconds, type Clock } from "../../kernel/clock.ts";
import { message, type Message } from "../../kernel/message.ts";
import { done, type Command } from "../command.ts";
import { gatewaySettings } from "./gateway.ts";

/** Daemon and gateway on one machine in one go: two processes, so that neither takes the other one down. */
export const up: Command = {
  words: [],
  options: { listen: { value: "ADDRESS:PORT", what: message("option.listen") } },
  async run({ app, values, isDryRun, screen, signal }) {
    const loaded = await app.loaded();
    gatewaySettings(loaded);
    const listen = values.get("listen");
    const children: Readonly<Record<string, readonly string[]>> = {
      daemon: ["daemon", ...(listen === undefined ? [] : ["--listen", listen])],
      gateway: ["gateway"],
    };
    const names = Object.keys(children);
    if (isDryRun) return done({ isDryRun, processes: names }, [message("up.would-start", { names: names.join(", ") })]);
    await Promise.all(
      Object.entries(children).map(([name, words]) =>
        supervise(name, [...words, "--config", loaded.file], { clock: app.clock, signal, onEvent: (what) => screen.tell(what, "dim") }),
      ),
    );
    return done({ ended: true }, [message("up.all-ended")]);
  },
};

type Supervision = { readonly clock: Clock; readonly signal: AbortSignal; onEvent(what: Message): void };

const firstPauseMs = seconds(1);
const longestPauseMs = seconds(30);
/** A process that ran this long has proven itself: its next end is restarted soon again. */
const provenMs = seconds(60);
/** The gateway finishes what it has in hand; the daemon ends its step. */
const patienceMs = seconds(30);

/** Keeps one of our own commands running until `signal` aborts, then ends it the soft way. */
async function supervise(name: string, words: readonly string[], { clock, signal, onEvent }: Supervision): Promise<void> {
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    const child = startSelf(words);
    onEvent(message("up.started", { name }));
    const reason = await untilEnded(child, signal);
    if (signal.aborted) return;
    if (clock.monotonicMs() - startedMs > provenMs) pauseMs = firstPauseMs;
    onEvent(message("up.ended", { name, reason, seconds: pauseMs / 1000 }));
    await clock.sleep(pauseMs, signal).catch(() => {});
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

/** setpriv(1) of util-linux lets the kernel end a child whose parent was killed. */
const leash = ["/usr/bin/setpriv", "--pdeathsig", "TERM"] as const;

function startSelf(words: readonly string[]): ChildProcess {
  const self = [process.execPath, ...process.execArgv, process.argv[1] ?? "", ...words];
  const [file = "", ...args] = existsSync(leash[0]) ? [...leash, ...self] : self;
  return spawn(file, args, { stdio: ["ignore", "inherit", "inherit"] });
}

async function untilEnded(child: ChildProcess, signal: AbortSignal): Promise<string> {
  let killer: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill("SIGTERM");
    killer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  };
  try {
    return await new Promise<string>((resolve) => {
      child.once("exit", (code, by) => resolve(by ?? `exit ${code}`));
      child.once("error", (error) => resolve(error.message));
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    });
  } finally {
    clearTimeout(killer);
    signal.removeEventListener("abort", end);
  }
}
