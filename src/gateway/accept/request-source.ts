import type { IncomingMessage } from "node:http";

const sources = new WeakMap<IncomingMessage, string>();

/** Remembers who sent a request, for the routes behind the server; forgotten with the request. */
export function noteSource(request: IncomingMessage, source: string): void {
  sources.set(request, source);
}

/** Who sent it, as the server saw it; `undefined` for a request that came through no server. `env`: what the server's adapter hands on. */
export function sourceOf(env: unknown): string | undefined {
  const incoming = (env as { readonly incoming?: IncomingMessage } | undefined)?.incoming;
  return incoming === undefined ? undefined : sources.get(incoming);
}
