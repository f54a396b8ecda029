import { readFileSync } from "node:fs";
import { systemClock } from "../kernel/clock.ts";
import { Failure } from "../kernel/failure.ts";
import { join as joinMessages, message, verbatim, type Message } from "../kernel/message.ts";
import { criticalTables, withDatabase } from "./database.ts";
import { usedBytes } from "./disk.ts";
import { runningProgram } from "./launch.ts";
import { isStopped } from "./process-identity.ts";
import { ask } from "./request.ts";
import { diskBudgetBytes, serviceNames, worldPaths, type World } from "./world.ts";

/** From where on the world counts as broken; the configuration of the world uses the same figures. */
export const worldLimits = { latencyMs: 700, queueDepth: 50, heartbeatAgeMs: 3000, usedPercent: 90 } as const;

/** True when nothing is wrong with the world. */
export async function isWorldHealthy(world: World, signal?: AbortSignal): Promise<boolean> {
  return (await checkWorld(world, signal)).length === 0;
}

/** Everything that is wrong with the world, seen from outside; empty when all is well. */
export async function checkWorld(world: World, signal?: AbortSignal): Promise<Message[]> {
  const looks = [checkProcesses, checkHealthPage, checkCallsPage, checkWorker, checkVendors, checkDatabase, checkDisk];
  const found = await Promise.all(
    looks.map(async (look) => {
      try {
        return await look(world, signal);
      } catch (error) {
        signal?.throwIfAborted();
        return [error instanceof Failure ? error.what : verbatim((error as Error).message || String(error))];
      }
    }),
  );
  return found.flat();
}

/** @throws {Failure} sandbox-failed naming what is still wrong after `limitMs` */
export async function waitUntilHealthy(world: World, signal?: AbortSignal, limitMs = 10_000): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + limitMs;
  for (;;) {
    const problems = await checkWorld(world, signal);
    if (problems.length === 0) return;
    if (systemClock.monotonicMs() > deadlineMs) {
      throw new Failure(
        "sandbox-failed",
        message("sandbox.not-healthy", { problems: joinMessages(problems) }),
        message("sandbox.mend-next", { folder: world.folder }),
      );
    }
    await systemClock.sleep(50, signal);
  }
}

async function checkProcesses(world: World): Promise<Message[]> {
  return serviceNames.flatMap((name) => {
    const running = runningProgram(world, name);
    if (running === undefined) return [message("sandbox.service-gone", { name })];
    return isStopped(running) ? [message("sandbox.service-frozen", { name })] : [];
  });
}

async function checkHealthPage(world: World, signal?: AbortSignal): Promise<Message[]> {
  const { status, body } = await ask(world.ports.app, "/health", { signal });
  const isOk = status === 200 && (JSON.parse(body) as { status?: string }).status === "ok";
  return isOk ? [] : [message("sandbox.page-bad", { page: "/health", status, body: body.slice(0, 200) })];
}

async function checkCallsPage(world: World, signal?: AbortSignal): Promise<Message[]> {
  const { status, body, totalMs } = await ask(world.ports.app, "/calls", { signal, timeoutMs: 3000 });
  if (status !== 200) return [message("sandbox.page-bad", { page: "/calls", status, body: body.slice(0, 200) })];
  const limitMs = worldLimits.latencyMs;
  return totalMs > limitMs ? [message("sandbox.page-slow", { page: "/calls", latencyMs: Math.round(totalMs), limitMs })] : [];
}

async function checkWorker(world: World): Promise<Message[]> {
  const { at, database } = JSON.parse(readFileSync(worldPaths(world.folder).readyFile("worker"), "utf8")) as {
    at: number;
    database: string;
  };
  const ageMs = systemClock.now() - at;
  if (ageMs > worldLimits.heartbeatAgeMs) return [message("sandbox.worker-silent", { ageMs, limitMs: worldLimits.heartbeatAgeMs })];
  return database === "ok" ? [] : [message("sandbox.worker-blind", { reason: database })];
}

async function checkVendors(world: World, signal?: AbortSignal): Promise<Message[]> {
  const paths = { retell: "/get-api-key-info", calcom: "/v2/me" } as const;
  const looks = (["retell", "calcom"] as const).map(async (name) => {
    const headers = { authorization: `Bearer ${readFileSync(worldPaths(world.folder).secret(`${name}-key`), "utf8")}` };
    const { status, headers: answered } = await ask(world.ports[name], paths[name], { headers, signal });
    const isOk = status === 200 && answered["content-type"] === "application/json";
    return isOk ? [] : [message("sandbox.vendor-bad", { name, status })];
  });
  return (await Promise.all(looks)).flat();
}

async function checkDatabase(world: World): Promise<Message[]> {
  return await withDatabase(world, async (database) => {
    const problems: Message[] = [];
    for (const [table, floor] of Object.entries(criticalTables)) {
      const { rows } = await database.query<{ present: boolean }>("select to_regclass($1) is not null as present", [table]);
      const isThere = rows[0]?.present === true;
      const count = isThere
        ? Number((await database.query<{ count: string }>(`select count(*) as count from ${table}`)).rows[0]?.count)
        : 0;
      if (count < floor) problems.push(message("sandbox.rows-missing", { table, count, floor }));
    }
    const { rows } = await database.query<{ waiting: number }>("select count(*)::int as waiting from jobs where state = 'waiting'");
    const depth = rows[0]?.waiting ?? 0;
    const limit = worldLimits.queueDepth;
    return depth > limit ? [...problems, message("sandbox.queue-deep", { depth, limit })] : problems;
  });
}

async function checkDisk({ folder }: World): Promise<Message[]> {
  const percent = Math.round((usedBytes(worldPaths(folder).logs) / diskBudgetBytes) * 100);
  const limit = worldLimits.usedPercent;
  return percent >= limit ? [message("sandbox.disk-full", { percent, limit })] : [];
}
