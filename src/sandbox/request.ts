import { exchange, type HttpAnswer } from "../integrations/http-client.ts";

export type AskOptions = {
  readonly headers?: Readonly<Record<string, string>>;
  /** Limit for the whole exchange; default 2000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
};

/** One GET inside the world, always to 127.0.0.1. Rejects when no whole answer came in time. */
export async function ask(port: number, path: string, options: AskOptions = {}): Promise<HttpAnswer> {
  const { headers = {}, timeoutMs = 2000, signal } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  return await exchange({ url: new URL(path, `http://127.0.0.1:${port}`), headers }, either);
}
