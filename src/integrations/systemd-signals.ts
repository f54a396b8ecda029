import { connect } from "node:net";
import type { Readable, Writable } from "node:stream";
import { holdCommand, type Host } from "./host.ts";
import { connectBus } from "./systemd-bus.ts";

/** Where the system bus listens: D-Bus Specification, "Well-known Message Bus Instances". */
const busSocket = (): string =>
  /^unix:path=([^,;]+)$/.exec(process.env["DBUS_SYSTEM_BUS_ADDRESS"] ?? "")?.[1] ?? "/run/dbus/system_bus_socket";
const manager = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"] as const;
const connectMs = 10_000;

/**
 * Hears systemd say that a unit changed, at the moment it does: `PropertiesChanged` on the system bus, reached by its socket
 * or through `systemd-stdio-bridge` over ssh. No privileges are needed, no process is held on a local host.
 * `onReady` is called once the subscription stands; the promise resolves with the reason when the connection is over.
 */
export async function listenToUnits(
  host: Host,
  units: readonly string[],
  onChange: (unit: string) => void,
  onReady: () => void,
  signal: AbortSignal,
): Promise<string> {
  const abort = new AbortController();
  const both = AbortSignal.any([signal, abort.signal]);
  const { input, output } = openStreams(host, both);
  const timer = setTimeout(() => output.destroy(new Error("no answer from the bus")), connectMs);
  try {
    const byPath = new Map(units.map((unit) => [unitPath(unit), unit]));
    const bus = await connectBus(input, output, ({ path, member }) => {
      const unit = member === "PropertiesChanged" ? byPath.get(path) : undefined;
      if (unit !== undefined) onChange(unit);
    });
    // systemd sends unit signals only while somebody has asked for them on a connection that is still there.
    await bus.call(...manager, "Subscribe");
    for (const path of byPath.keys()) {
      const rule = `type='signal',sender='${manager[0]}',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',path='${path}',arg0='org.freedesktop.systemd1.Unit'`;
      await bus.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", rule);
    }
    clearTimeout(timer);
    onReady();
    const close = (): void => bus.close();
    signal.addEventListener("abort", close, { once: true });
    if (signal.aborted) close();
    const reason = await bus.closed;
    signal.removeEventListener("abort", close);
    return reason;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

function openStreams(host: Host, signal: AbortSignal): { input: Writable; output: Readable } {
  if (host.isLocal) {
    const socket = connect({ path: busSocket(), signal });
    return { input: socket, output: socket };
  }
  const held = holdCommand(host, ["systemd-stdio-bridge"], signal);
  // How it ended is told by its output being closed.
  held.on("error", () => held.stdout.destroy());
  return { input: held.stdin, output: held.stdout };
}

/** The object path of a unit: every byte but letters and digits as `_xx`, a leading digit too (sd_bus_path_encode(3)). */
export function unitPath(unit: string): string {
  const escaped = [...Buffer.from(unit)].map((byte, index) => {
    const sign = String.fromCharCode(byte);
    const isPlain = /[A-Za-z]/.test(sign) || (index > 0 && /\d/.test(sign));
    return isPlain ? sign : `_${byte.toString(16).padStart(2, "0")}`;
  });
  return `/org/freedesktop/systemd1/unit/${escaped.join("")}`;
}
