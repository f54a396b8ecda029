import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findProcesses } from "../../src/sandbox/process-identity.ts";
import { findFault } from "../../src/sandbox/faults.ts";
import { isWorldHealthy } from "../../src/sandbox/health.ts";
import { openGround, type Running, type StoryGround } from "./world.ts";

let ground: StoryGround;
let daemon: Running;
let port = 0;
beforeAll(async () => {
  ground = await openGround();
  port = await findPort();
  ground.configure({ heartbeats: { "nightly-sync": { every: "1h", grace: "1h" } } });
  daemon = ground.start(["daemon", "--listen", `127.0.0.1:${port}`], { limitMs: 240_000 });
  await daemon.saying(/checks are running|Prüfungen laufen/);
}, 60_000);
afterAll(() => ground.clear(), 60_000);

async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const { port: found } = server.address() as AddressInfo;
  await new Promise((settle) => server.close(settle));
  return found;
}

const readStatus = (): { picture: { at: number; zone?: string } } =>
  JSON.parse(readFileSync(join(ground.stateFolder, "status.json"), "utf8")) as { picture: { at: number; zone?: string } };

test("what dies is repaired within seconds, without anybody, and the status is fresh", { timeout: 60_000 }, async () => {
  await expect.poll(() => existsSync(join(ground.stateFolder, "status.json")), { timeout: 10_000 }).toBe(true);
  const startedMs = performance.now();
  await findFault("app-killed").inject(ground.world);
  await expect.poll(() => isWorldHealthy(ground.world), { timeout: 40_000, interval: 100 }).toBe(true);
  expect(performance.now() - startedMs).toBeLessThan(40_000);
  await expect.poll(() => readStatus().picture.zone, { timeout: 20_000 }).toBeUndefined();
  expect(Date.now() - readStatus().picture.at).toBeLessThan(15_000);
});

test("a job that reports is noted, a misspelt one is told so", { timeout: 20_000 }, async () => {
  const ping = async (name: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/heartbeat/${name}`, { method: "POST", signal: AbortSignal.timeout(5000) })).status;
  expect(await ping("nightly-sync")).toBe(204);
  expect(await ping("nigthly-sync")).toBe(404);
  expect(await ping("nightly-sync?exit=abc")).toBe(404);
});

test("a second daemon on the same state is refused and says why", { timeout: 30_000 }, async () => {
  const { exitCode, stderr } = await ground.run(["daemon", "--listen", "off"]);
  expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/already|schon/)]);
});

test("a broken configuration is refused and the old one goes on; a good one is taken", { timeout: 60_000 }, async () => {
  const good = readFileSync(ground.config, "utf8");
  writeFileSync(ground.config, `${good}\nno-such-section: true\n`);
  await daemon.saying(/invalid, the old one stays|ungültig, die alte gilt weiter/);
  await findFault("worker-killed").inject(ground.world);
  await expect.poll(() => isWorldHealthy(ground.world), { timeout: 30_000 }).toBe(true);
  ground.configure({ heartbeats: { other: { every: "1h" } } });
  await daemon.saying(/Took the new configuration|Neue Konfiguration übernommen/);
  await expect
    .poll(
      async () => (await fetch(`http://127.0.0.1:${port}/heartbeat/other`, { method: "POST", signal: AbortSignal.timeout(5000) })).status,
      { timeout: 10_000 },
    )
    .toBe(204);
});

test("SIGTERM ends it clean, with its store, and leaves nothing running", { timeout: 40_000 }, async () => {
  daemon.signal("SIGTERM");
  const { exitCode } = await daemon.ended;
  expect(exitCode).toBe(0);
  expect(existsSync(join(ground.stateFolder, "store/data/postmaster.pid"))).toBe(false);
  expect(findProcesses("AMPEL_NOTHING=1", [ground.stateFolder])).toEqual([]);
  expect(await isWorldHealthy(ground.world)).toBe(true);
});
