import { seconds, systemClock } from "../../kernel/clock.ts";
import { Failure, whatFailed } from "../../kernel/failure.ts";
import { message, verbatim, type Message } from "../../kernel/message.ts";
import type { Store } from "../../store/store.ts";
import { startGateway, type GatewayOptions, type RunningGateway } from "../start.ts";

export type RunOptions = Omit<GatewayOptions, "pool" | "onPlace" | "onJobFailure"> & {
  /** Finds the store or starts it. @throws {Failure} store-unreachable, store-version */
  openStore(signal: AbortSignal): Promise<Store>;
  readonly signal: AbortSignal;
  onEvent(what: Message): void;
  /** Called with each gateway that has taken over; new settings go to it. */
  onRunning?(running: RunningGateway): void;
};

/** So long a start waits for the store; senders must not wait for a new data folder to be made. */
const firstPatienceMs = seconds(4);
const retryMs = seconds(5);

/**
 * One gateway process from start to end. Without a store it runs on the spool, and when the store is there a second gateway
 * takes over on the same port before the first one lets go. Resolves when `signal` aborts and everything is flushed.
 * @throws {Failure} usage when the address cannot be listened on
 */
export async function runGateway(options: RunOptions): Promise<void> {
  const { signal, onEvent } = options;
  const opening = untilOpen(options);
  const store = await Promise.race([
    opening,
    systemClock.sleep(firstPatienceMs, signal).then(
      () => undefined,
      () => undefined,
    ),
  ]);
  if (store === undefined && !signal.aborted) onEvent(message("gateway.without-store"));
  let running = await start(options, store);
  if (store === undefined) {
    const late = await opening;
    if (late !== undefined && !signal.aborted) {
      // The same port again, even if the first one was chosen by the system.
      const listen = { ...options.settings.listen, port: running.port };
      const next = await start({ ...options, settings: { ...options.settings, listen } }, late);
      await running.stop();
      running = next;
    }
  }
  await aborted(signal);
  await running.stop();
  await (await opening)?.close();
  onEvent(message("gateway.ended"));
}

/** Tries until it is there; a store that is newer than this program, for example, never is. `undefined` when aborted. */
async function untilOpen({ openStore, signal, onEvent }: RunOptions): Promise<Store | undefined> {
  let told = "";
  while (!signal.aborted) {
    try {
      return await openStore(signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      const reason = whatFailed(error);
      // Said once, not every five seconds all night.
      if (JSON.stringify(reason) !== told) onEvent(message("gateway.store-away", { reason }));
      told = JSON.stringify(reason);
    }
    await systemClock.sleep(retryMs, signal).catch(() => {});
  }
  return undefined;
}

async function start(options: RunOptions, store: Store | undefined): Promise<RunningGateway> {
  const { onEvent, settings } = options;
  const failing = new Set<string>();
  try {
    const running = await startGateway({
      ...options,
      pool: store?.pool,
      onPlace: (place) => {
        onEvent(place.at === "store" ? message("gateway.storing") : message("gateway.spooling", { reason: verbatim(place.reason) }));
      },
      onJobFailure: (name, error) => {
        if (failing.has(name)) return;
        failing.add(name);
        onEvent(message("gateway.job-failed", { name, reason: verbatim(error.message) }));
      },
    });
    onEvent(message("gateway.started", { address: settings.listen.address, port: running.port }));
    options.onRunning?.(running);
    return running;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^E(ADDR|ACCES)/.test(code)) throw error;
    const { address, port } = settings.listen;
    throw new Failure("usage", message("gateway.listen-failed", { address, port, reason: code }), message("gateway.listen-failed-next"), {
      cause: error,
    });
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
