import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Failure } from "../kernel/failure.ts";
import { say } from "../kernel/message.ts";
import { withDatabase } from "./database.ts";
import { faults, findFault, listInjected } from "./faults.ts";
import { checkWorld, isWorldHealthy, worldLimits } from "./health.ts";
import { launch, runningProgram } from "./launch.ts";
import { mendWorld } from "./mend.ts";
import { endProcesses } from "./process-identity.ts";
import { ask } from "./request.ts";
import { startWorld } from "./start.ts";
import { stopWorld } from "./stop.ts";
import { worldPaths, type World } from "./world.ts";

const base = mkdtempSync(join(tmpdir(), "ampel-sandbox-test-"));
let world: World;

beforeAll(async () => {
  chmodSync(base, 0o755);
  process.env["AMPEL_STATE_DIR"] = join(base, "state");
  world = await startWorld({ folder: join(base, "world") });
});

afterAll(async () => {
  await stopWorld(join(base, "world"));
  rmSync(base, { recursive: true, force: true });
});

const answerOf = async (port: number, path: string, headers = {}): Promise<string> => {
  try {
    return String((await ask(port, path, { headers, timeoutMs: 1000 })).status);
  } catch {
    return "none";
  }
};
const latencyOf = async (path: string): Promise<number> => (await ask(world.ports.app, path, { timeoutMs: 10_000 })).totalMs;
const problems = async (): Promise<string> => (await checkWorld(world)).map((problem) => say(problem, "en")).join("\n");

/** What somebody who knows nothing of the fault sees while it is there. */
const seen: Readonly<Record<string, () => Promise<void>>> = {
  "postgres-killed": async () => {
    await expect.poll(() => answerOf(world.ports.app, "/health")).toBe("503");
    await expect.poll(problems, { timeout: 5000 }).toMatch(/worker does not reach the database/);
  },
  "app-killed": async () => expect(await answerOf(world.ports.app, "/health")).toBe("none"),
  "worker-killed": async () => expect.poll(problems, { timeout: 6000 }).toMatch(/worker does not run[^]*sign of life/),
  "app-hung": async () => {
    expect(runningProgram(world, "app")).toBeDefined();
    expect(await answerOf(world.ports.app, "/health")).toBe("none");
  },
  "app-flapping": async () => {
    expect(await answerOf(world.ports.app, "/health")).toBe("200");
    await expect.poll(() => runningProgram(world, "app"), { timeout: 7000 }).toBeUndefined();
    await launch(world, "app");
    await expect.poll(() => runningProgram(world, "app"), { timeout: 7000 }).toBeUndefined();
  },
  "app-broken-config": async () => {
    expect(await answerOf(world.ports.app, "/health")).toBe("none");
    await expect(launch(world, "app")).rejects.toThrow(/JSON/);
  },
  "app-slow": async () => {
    expect(await latencyOf("/calls")).toBeGreaterThan(worldLimits.latencyMs);
    expect(await latencyOf("/health")).toBeLessThan(worldLimits.latencyMs);
  },
  "queue-backlog": async () => expect(await problems()).toMatch(/300 jobs are waiting/),
  "table-dropped": async () => expect(await problems()).toMatch(/Table appointments has 0 rows/),
  "disk-full": async () => expect(await problems()).toMatch(/10\d % used/),
  "cache-bloated": async () => expect(await latencyOf("/calls")).toBeGreaterThan(worldLimits.latencyMs),
  "retell-down": async () => expect(await answerOf(world.ports.retell, "/get-api-key-info")).toBe("none"),
  "retell-html": async () => {
    const { status, headers, body } = await ask(world.ports.retell, "/get-api-key-info");
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(body).toMatch(/<html>/);
  },
  "calcom-suspended": async () => expect(await answerOf(world.ports.calcom, "/v2/me", { authorization: "Bearer x" })).toBe("403"),
  "calcom-throttled": async () => expect(await answerOf(world.ports.calcom, "/v2/me", { authorization: "Bearer x" })).toBe("429"),
};

test("every fault has a test", () => {
  expect(Object.keys(seen).sort()).toEqual(faults.map(({ name }) => name).sort());
});

describe.each(faults)("$name", (fault) => {
  test("can be seen from outside while it is there, and is gone when it is mended", { timeout: 40_000 }, async () => {
    expect(await fault.isInjected(world)).toBe(false);
    await fault.inject(world);
    expect(await fault.isInjected(world)).toBe(true);
    await seen[fault.name]?.();
    expect(await isWorldHealthy(world)).toBe(false);
    await fault.mend(world);
    expect(await fault.isInjected(world)).toBe(false);
    await expect.poll(problems, { timeout: 10_000 }).toBe("");
  });

  test("done twice and mended twice it is as done and mended once", { timeout: 40_000 }, async () => {
    await fault.inject(world);
    await fault.inject(world);
    await fault.mend(world);
    await fault.mend(world);
    await expect.poll(problems, { timeout: 10_000 }).toBe("");
  });
});

test("several faults at once are all named and all mended", { timeout: 30_000 }, async () => {
  const names = ["app-killed", "app-slow", "retell-html", "table-dropped", "disk-full"];
  for (const name of names) await findFault(name).inject(world);
  expect((await listInjected(world)).map(({ name }) => name).sort()).toEqual(names.sort());
  await mendWorld(world);
  expect(await listInjected(world)).toEqual([]);
  expect(await problems()).toBe("");
});

test("mending starts everything that is gone, the database first", { timeout: 30_000 }, async () => {
  const running = (["postgres", "retell", "calcom", "worker", "app"] as const).map((name) => runningProgram(world, name));
  await endProcesses(
    running.filter((identity) => identity !== undefined),
    "SIGKILL",
    1000,
  );
  await mendWorld(world);
  expect(await problems()).toBe("");
});

test("ending the forgotten session in the database makes the app fast again, without any mending", async () => {
  const fault = findFault("app-slow");
  await fault.inject(world);
  await withDatabase(world, (database) =>
    database.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'forgotten-session'"),
  );
  await expect.poll(() => fault.isInjected(world)).toBe(false);
  expect(await latencyOf("/calls")).toBeLessThan(worldLimits.latencyMs);
});

test("a restarted worker empties the queue by itself", async () => {
  const fault = findFault("queue-backlog");
  await fault.inject(world);
  const frozen = runningProgram(world, "worker");
  await endProcesses(frozen === undefined ? [] : [frozen], "SIGKILL", 1000);
  await launch(world, "worker");
  await expect.poll(() => fault.isInjected(world), { timeout: 10_000 }).toBe(false);
});

test("old logs of a full disk are removable by the rules of the configuration, the living log is not among them", async () => {
  await findFault("disk-full").inject(world);
  const { logs } = worldPaths(world.folder);
  expect(existsSync(join(logs, "app.log.1"))).toBe(true);
  expect(existsSync(join(logs, "app.log"))).toBe(true);
  await findFault("disk-full").mend(world);
  expect(existsSync(join(logs, "app.log"))).toBe(true);
});

test("an unknown fault names the known ones", () => {
  expect(() => findFault("app-kiled")).toThrow(Failure);
  expect(() => findFault("app-kiled")).toThrow(/app-kiled/);
});
