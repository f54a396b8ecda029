import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/kernel/clock.ts";
import { findFreePort } from "../test/services/server-process.ts";
import type { PostgresService } from "../test/services/postgres.ts";
import type { LoadOrder, LoadResult } from "./gateway-support-load.ts";

export const benchKey = "key_of_the_bench";

export type GatewayProcess = {
  readonly port: number;
  readonly child: ChildProcess;
  readonly folder: string;
  readonly databaseUrl: string;
  health(): Promise<Record<string, unknown>>;
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>;
};

export function databaseUrlOf({ port, database, user }: PostgresService): string {
  return `postgresql://${user}:correct%20horse@127.0.0.1:${port}/${database}`;
}

/** `ampel gateway` as a process of its own on a given Postgres. */
export async function startGatewayProcess(databaseUrl: string, given: { port?: number; folder?: string } = {}): Promise<GatewayProcess> {
  const folder = given.folder ?? mkdtempSync(join(tmpdir(), "ampel-bench-gateway-"));
  mkdirSync(folder, { recursive: true });
  const port = given.port ?? (await findFreePort());
  writeFileSync(join(folder, "key"), benchKey);
  writeFileSync(
    join(folder, "ampel.yaml"),
    `version: 1\nname: Bench\ngateway:\n  listen: { port: ${port} }\n  publicUrl: https://gw.example.test\n  retell: { keys: { main: "\${file:${folder}/key}" } }\n`,
  );
  const main = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../src/main.ts" : "../src/main.js", import.meta.url));
  const child = spawn(process.execPath, [main, "gateway", "--config", join(folder, "ampel.yaml")], {
    env: { ...process.env, AMPEL_STATE_DIR: join(folder, "state"), AMPEL_DATABASE_URL: databaseUrl },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  child.once("exit", () => process.off("exit", endWithUs));
  const health = async (): Promise<Record<string, unknown>> => JSON.parse(await getText(port, "/health")) as Record<string, unknown>;
  const deadline = Date.now() + 30_000;
  // Several may listen on one port: it is the one that was started that has to answer.
  const isUp = (page: Record<string, unknown>): boolean =>
    page["pid"] === child.pid && (page["database"] as { lastWriteAt: unknown }).lastWriteAt !== null;
  while (!(await health().then(isUp, () => false))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error("the gateway did not come up");
    await systemClock.sleep(50);
  }
  return {
    port,
    child,
    folder,
    databaseUrl,
    health,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    },
  };
}

export async function getText(port: number, path: string): Promise<string> {
  const asking = request({ host: "127.0.0.1", port, path, timeout: 5000, agent: false });
  asking.end();
  const [answer] = (await once(asking, "response")) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Sends from another process until the time is over; resolves when the first request has been answered. */
export async function startLoad(order: LoadOrder): Promise<{ readonly result: Promise<LoadResult> }> {
  const file = fileURLToPath(import.meta.url.replace(/(\.[jt]s)$/, "-load$1"));
  const child = fork(file, { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" });
  const begun = once(child, "message");
  child.send(order);
  await begun;
  return { result: once(child, "message").then(([message]) => message as LoadResult) };
}

export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function removeBenchFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
