import { createServer } from "node:http";
import { message, verbatim, type Message } from "../kernel/message.ts";
import { recordPing } from "../probes/heartbeat.ts";
import type { MemoryFile } from "../probes/memory-file.ts";
import type { Probe } from "../probes/probe.ts";

type Listening = {
  probes(): readonly Probe[];
  readonly memory: MemoryFile;
  now(): number;
  /** Judged at once, not at the next round. */ onPing(probeId: string): void;
};

/**
 * Takes `GET` or `POST /heartbeat/NAME[?exit=CODE]` from jobs on this machine: 204 when noted, 404 for a name that
 * ampel.yaml does not know, so that a misspelt job is seen by its own `curl --fail`.
 */
export function openHeartbeatServer(
  listen: string,
  { probes, memory, now, onPing }: Listening,
  onTrouble: (what: Message) => void,
): { close(): Promise<void> } {
  if (listen === "off") return { close: async () => {} };
  const server = createServer((request, response) => {
    request.resume();
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, name] = /^\/heartbeat\/([\w.-]+)$/.exec(url.pathname) ?? [];
    const probe = probes().find(({ kind, spec }) => kind === "heartbeat" && spec["name"] === name);
    const exit = url.searchParams.get("exit");
    if (probe === undefined || name === undefined || (exit !== null && !/^\d{1,3}$/.test(exit))) {
      response.writeHead(404).end();
      return;
    }
    recordPing(memory.of(probe.id), name, now(), exit === null ? {} : { exitCode: Number(exit) });
    memory.save();
    onPing(probe.id);
    response.writeHead(204).end();
  });
  server.requestTimeout = 5000;
  server.on("error", (error) => onTrouble(message("daemon.listen-failed", { address: listen, reason: verbatim(error.message) })));
  const at = listen.lastIndexOf(":");
  server.listen(Number(listen.slice(at + 1)), listen.slice(0, at).replace(/^\[|\]$/g, ""));
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}
