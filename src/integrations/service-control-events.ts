import { setTimeout as wait } from "node:timers/promises";
import type { Host } from "./host.ts";
import { watchProcesses, type WatchedProcess } from "./plain-process-watch.ts";
import { openServiceControl } from "./service-control.ts";
import type { ServiceAddress } from "./service-control-contract.ts";
import { listenToUnits } from "./systemd-signals.ts";

/**
 * `changed`: something happened to this service, look now. `began`: it is watched from here on; what happened before is not
 * known, so look now. `lost`: no events any more until the next `began`; only polling sees it. Times: epoch ms UTC.
 */
export type UnitEvent = {
  readonly address: ServiceAddress;
  readonly at: number;
  readonly what: "began" | "changed" | "lost";
  readonly reason?: string;
};

const firstPauseMs = 250;
const longestPauseMs = 15_000;
/** systemd says one change in several signals. */
const settleMs = 20;

/**
 * Watches services of one host until the signal aborts, each by the best its manager offers: systemd by signals of the bus,
 * supervisor and plain processes by their process. A cut line is taken up again, at first after 250 ms, at most every 15 s.
 */
export async function watchUnits(
  host: Host,
  addresses: readonly ServiceAddress[],
  onEvent: (event: UnitEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const units = addresses.filter((address) => address.manager === "systemd");
  const processes = addresses.filter((address) => address.manager === "process");
  const programs = addresses.filter((address) => address.manager === "supervisor");
  await Promise.all([
    units.length === 0 ? undefined : keepUp(units, onEvent, signal, (tell) => watchSystemd(host, units, tell, signal)),
    processes.length === 0
      ? undefined
      : keepUp(processes, onEvent, signal, (tell) => {
          const watched = processes.map((address, index) => ({ key: String(index), pidFile: address.pidFile }));
          const changed = (key: string): void => ifPresent(processes[Number(key)], (address) => tell("changed", [address]));
          return watchProcesses(host, watched, changed, () => tell("began", processes), signal);
        }),
    ...programs.map((program) => keepUp([program], onEvent, signal, (tell) => watchSupervised(host, program, tell, signal))),
  ]);
}

type Tell = (what: "began" | "changed", addresses: readonly ServiceAddress[]) => void;

/** Runs one way of watching again and again; says when it began and when it was lost. */
async function keepUp(
  addresses: readonly ServiceAddress[],
  onEvent: (event: UnitEvent) => void,
  signal: AbortSignal,
  watch: (tell: Tell) => Promise<string>,
): Promise<void> {
  let pauseMs = firstPauseMs;
  let isLost = false;
  const send = (what: UnitEvent["what"], about: readonly ServiceAddress[], reason?: string): void => {
    if (signal.aborted) return;
    for (const address of about) onEvent({ address, at: Date.now(), what, ...(reason === undefined ? {} : { reason }) });
  };
  while (!signal.aborted) {
    const reason = await watch((what, about) => {
      if (what === "began") {
        pauseMs = firstPauseMs;
        isLost = false;
      }
      send(what, about);
    }).catch((error: unknown) => String(error));
    if (signal.aborted) return;
    if (!isLost) send("lost", addresses, reason);
    isLost = true;
    await wait(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
  }
}

async function watchSystemd(
  host: Host,
  addresses: readonly Extract<ServiceAddress, { manager: "systemd" }>[],
  tell: Tell,
  signal: AbortSignal,
): Promise<string> {
  // A signal carries the unit's own name; the operator may have written an alias (`mysql` for `mariadb`).
  const { stdout, exitCode } = await host.run(
    ["systemctl", "--no-pager", "show", "-p", "Id", "--value", "--", ...addresses.map(({ unit }) => unit)],
    { signal, timeoutMs: 10_000, env: { LC_ALL: "C" } },
  );
  const ids = stdout.split("\n").filter((line) => line !== "");
  if (exitCode !== 0 || ids.length !== addresses.length) return "systemctl does not answer";
  const pending = new Map<string, NodeJS.Timeout>();
  const onChange = (unit: string): void => {
    if (pending.has(unit)) return;
    const about = addresses.filter((_, index) => ids[index] === unit);
    pending.set(
      unit,
      setTimeout(() => (pending.delete(unit), tell("changed", about)), settleMs),
    );
  };
  const reason = await listenToUnits(host, [...new Set(ids)], onChange, () => tell("began", addresses), signal);
  for (const timer of pending.values()) clearTimeout(timer);
  return reason;
}

/** supervisor offers no events to outsiders: the processes it names are watched, and it is asked again when one changed. */
async function watchSupervised(
  host: Host,
  address: Extract<ServiceAddress, { manager: "supervisor" }>,
  tell: Tell,
  signal: AbortSignal,
): Promise<string> {
  const control = openServiceControl(host, address);
  let seen: string | undefined;
  for (;;) {
    const state = await control.state(signal, 10_000);
    const { pids = [] } = state;
    const now = `${state.isRunning} ${state.isHung} ${pids.join(" ")}`;
    if (seen === undefined) tell("began", [address]);
    else if (seen !== now) tell("changed", [address]);
    seen = now;
    const turn = new AbortController();
    // While it starts or is down there is little to hold on to: look again soon. A program that came back shows up here.
    const timer = setTimeout(() => turn.abort(), state.isRunning ? 30_000 : 1_000);
    const watched: WatchedProcess[] = [{ key: "it", pids }];
    const changed = (): void => {
      tell("changed", [address]);
      turn.abort();
    };
    const reason = await watchProcesses(host, watched, changed, () => {}, AbortSignal.any([signal, turn.signal]));
    clearTimeout(timer);
    if (signal.aborted || !turn.signal.aborted) return reason;
  }
}

function ifPresent<Value>(value: Value | undefined, use: (value: Value) => void): void {
  if (value !== undefined) use(value);
}
