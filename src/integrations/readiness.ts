import { askHost, type Host } from "./host.ts";
import { exchange } from "./http-client.ts";
import { openSocket } from "./tls-connect.ts";

/** When a service is ready to serve; asked from its own host. Several must all hold. */
export type Ready = {
  readonly port?: number;
  /** Default: loopback. */
  readonly address?: string;
  /** Answers with a status below 400. */
  readonly url?: string;
  /** Ends with exit code 0. */
  readonly command?: readonly string[];
};

const readyText = `
exec {nap}<> <(:)
ready() {
  [ -z "$PORT" ] || timeout 1 bash -c 'exec 3<>"/dev/tcp/$ADDRESS/$PORT"' 2>/dev/null || return 1
  [ -z "$URL" ] || curl -fsS -o /dev/null --max-time 2 -- "$URL" 2>/dev/null || return 1
  [ $# -eq 0 ] || timeout 5 "$@" >/dev/null 2>&1 </dev/null || return 1
}
until ready "$@"; do read -rt 0.03 -u "$nap" _ || :; done`;

const triesEveryMs = 15;

/**
 * Waits until everything `ready` names holds; false when it does not within `timeoutMs`.
 * @throws {Failure} host-unreachable when the host itself cannot be asked; the signal's reason
 */
export async function waitUntilReady(host: Host, ready: Ready, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const { port, address = "127.0.0.1", url = "", command = [] } = ready;
  // On our own machine no shell is needed to open a connection: a start is proven some twenty milliseconds earlier.
  if (host.isLocal && command.length === 0) return await waitHere({ port, address, url }, timeoutMs, signal);
  const env = { PORT: port === undefined ? "" : String(port), ADDRESS: address, URL: url };
  const result = await host.run(["bash", "--norc", "-uo", "pipefail", "-c", readyText, "ready", ...command], { signal, timeoutMs, env });
  signal.throwIfAborted();
  if (result.exitCode === 0) return true;
  // Did it take too long, or is the host gone? Asking once tells.
  await askHost(host, "true", { signal, timeoutMs: 5_000 });
  return false;
}

type Here = { readonly port: number | undefined; readonly address: string; readonly url: string };

async function waitHere({ port, address, url }: Here, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const ends = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  while (!ends.aborted) {
    const isConnected = port === undefined || (await holds(1_000, ends, (limit) => connect(address, port, limit)));
    if (isConnected && (url === "" || (await holds(2_000, ends, (limit) => answers(url, limit))))) return true;
    await new Promise((resolve) => setTimeout(resolve, triesEveryMs));
  }
  signal.throwIfAborted();
  return false;
}

async function holds(limitMs: number, ends: AbortSignal, work: (limit: AbortSignal) => Promise<boolean>): Promise<boolean> {
  return await work(AbortSignal.any([ends, AbortSignal.timeout(limitMs)])).catch(() => false);
}

async function connect(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const { socket } = await openSocket({ host, port }, signal);
  socket.destroy();
  return true;
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  return (await exchange({ url: new URL(url), maxBodyBytes: 1024 }, signal)).status < 400;
}
