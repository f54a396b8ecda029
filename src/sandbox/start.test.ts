import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openHost } from "../integrations/host.ts";
import { openServiceControl } from "../integrations/service-control.ts";
import { checkWorld } from "./health.ts";
import { kill, launch, runningProgram } from "./launch.ts";
import { listWorlds, lookAtWorld } from "./list.ts";
import { mendWorld } from "./mend.ts";
import { findProcesses } from "./process-identity.ts";
import { addressOf } from "./service-address.ts";
import { openWorld, startWorld } from "./start.ts";
import { stopWorld } from "./stop.ts";
import { readWorld, serviceNames, worldPaths, worldVariable } from "./world.ts";

const base = mkdtempSync(join(tmpdir(), "ampel-sandbox-test-"));
let count = 0;
const newFolder = (): string => join(base, `world-${(count += 1)}`);

beforeAll(() => {
  chmodSync(base, 0o755);
  process.env["AMPEL_STATE_DIR"] = join(base, "state");
});

afterAll(async () => {
  for (const name of readdirSync(base).filter((entry) => entry.startsWith("world-"))) await stopWorld(join(base, name)).catch(() => {});
  rmSync(base, { recursive: true, force: true });
});

const leftovers = (folder: string) => findProcesses(`${worldVariable}=${folder}`, [folder]);

/** A starter in a process of its own, which a test may kill. Its output is collected until it ends. */
function startElsewhere(folder: string, options = "{}") {
  const program = `
    const { startWorld } = await import(process.argv[1]);
    try {
      await startWorld({ folder: process.argv[2], ...${options} });
      console.log("up");
      if (${options}.diesWithStarter) setInterval(() => {}, 1000);
    } catch (error) { console.log(error.code ?? String(error)); }`;
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", program, fileURLToPath(new URL("./start.ts", import.meta.url)), folder],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let printed = "";
  child.stdout.on("data", (text: Buffer) => (printed += text.toString()));
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(printed.trim())));
  return { child, ended, printed: () => printed.trim() };
}

test("a world comes up, is listed, is well, and goes down without a trace", async () => {
  const folder = newFolder();
  const world = await startWorld({ folder });
  expect(await checkWorld(world)).toEqual([]);
  const listed = (await listWorlds()).find((each) => each.folder === folder);
  expect(listed).toMatchObject({ state: "up", services: { postgres: "running", app: "running", worker: "running" } });
  expect(openWorld(folder)).toEqual(world);
  await stopWorld(folder);
  expect(existsSync(folder)).toBe(false);
  expect(leftovers(folder)).toEqual([]);
  expect((await listWorlds()).map((each) => each.folder)).not.toContain(folder);
  await stopWorld(folder);
});

test("its processes outlive their starter and carry the world's mark", async () => {
  const folder = newFolder();
  const { ended } = startElsewhere(folder);
  expect(await ended).toBe("up");
  expect(await checkWorld(openWorld(folder))).toEqual([]);
  expect(leftovers(folder).length).toBeGreaterThanOrEqual(serviceNames.length);
  await stopWorld(folder);
  expect(leftovers(folder)).toEqual([]);
});

test("a world bound to its starter takes itself down when that one is killed", async () => {
  const folder = newFolder();
  const { child, printed } = startElsewhere(folder, '{"diesWithStarter":true}');
  await expect.poll(printed, { timeout: 10_000 }).toBe("up");
  child.kill("SIGKILL");
  await expect.poll(() => existsSync(folder), { timeout: 5000 }).toBe(false);
  expect(leftovers(folder)).toEqual([]);
});

test("of two starts at once one wins and the other says so", async () => {
  const folder = newFolder();
  const results = await Promise.all([startElsewhere(folder).ended, startElsewhere(folder).ended]);
  expect(results.sort()).toEqual(["run-busy", "up"]);
  expect(await checkWorld(openWorld(folder))).toEqual([]);
  await expect(startWorld({ folder })).rejects.toMatchObject({ code: "run-busy" });
  await stopWorld(folder);
});

describe.each([100, 300, 700, 1200])("a starter killed after %i ms", (afterMs) => {
  test.each(["mended", "taken down"])("leaves a world that can be %s", async (way) => {
    const folder = newFolder();
    const { child, ended } = startElsewhere(folder);
    await expect.poll(() => existsSync(worldPaths(folder).marker), { timeout: 5000, interval: 5 }).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill("SIGKILL");
    await ended;
    const world = readWorld(worldPaths(folder).world);
    if (way === "mended" && world !== undefined) expect(await checkWorld(await mendWorld(world))).toEqual([]);
    await stopWorld(folder);
    expect(existsSync(folder)).toBe(false);
    expect(leftovers(folder)).toEqual([]);
  });
});

test("a new start replaces what a killed one left behind", async () => {
  const folder = newFolder();
  const { child, ended } = startElsewhere(folder);
  await expect.poll(() => existsSync(worldPaths(folder).world), { timeout: 5000, interval: 5 }).toBe(true);
  child.kill("SIGKILL");
  await ended;
  expect(await checkWorld(await startWorld({ folder }))).toEqual([]);
  await stopWorld(folder);
  expect(leftovers(folder)).toEqual([]);
});

test("an aborted start leaves nothing behind", async () => {
  const folder = newFolder();
  const abort = new AbortController();
  const started = startWorld({
    folder,
    signal: abort.signal,
    onProgress: ({ key }) => key === "sandbox.step-services" && abort.abort(new Error("enough")),
  });
  await expect(started).rejects.toThrow();
  expect(existsSync(folder)).toBe(false);
  expect(leftovers(folder)).toEqual([]);
});

test("a folder that holds something else is neither used nor removed", async () => {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(join(folder, "thesis.txt"), "years of work");
  await expect(startWorld({ folder })).rejects.toMatchObject({ code: "refused-unsafe" });
  await expect(stopWorld(folder)).rejects.toMatchObject({ code: "refused-unsafe" });
  expect(readFileSync(join(folder, "thesis.txt"), "utf8")).toBe("years of work");
  rmSync(folder, { recursive: true });
});

test("every service can be killed and started again by the service control, from another folder", async () => {
  const folder = newFolder();
  const world = await startWorld({ folder });
  for (const name of serviceNames) {
    await kill(world, name);
    expect((await lookAtWorld(folder)).services[name]).toBe("gone");
    const control = openServiceControl(openHost("local", { via: "local" }), { manager: "process", ...addressOf(world, name) });
    await control.start({ signal: AbortSignal.timeout(5000), timeoutMs: 5000 });
    await expect.poll(() => runningProgram(world, name)).toBeDefined();
  }
  await expect.poll(() => checkWorld(world), { timeout: 8000 }).toEqual([]);
  await stopWorld(folder);
  expect(leftovers(folder)).toEqual([]);
});

test("a service whose port somebody else took says so, and starts when it is free again", async () => {
  const folder = newFolder();
  const world = await startWorld({ folder });
  await kill(world, "postgres");
  const squatter = createServer();
  // The killed server's children need a moment to let go of the port.
  const listen = async (): Promise<boolean> => {
    squatter.listen(world.ports.postgres, "127.0.0.1");
    return await Promise.race([once(squatter, "listening").then(() => true), once(squatter, "error").then(() => false)]).catch(() => false);
  };
  await expect.poll(listen).toBe(true);
  await expect(launch(world, "postgres")).rejects.toThrow(/could not create any TCP/);
  squatter.close();
  expect(await checkWorld(await mendWorld(world))).toEqual([]);
  await stopWorld(folder);
});

test("a world whose description is garbage is listed and taken down", async () => {
  const folder = newFolder();
  await startWorld({ folder });
  writeFileSync(worldPaths(folder).world, "{ half");
  expect(() => openWorld(folder)).toThrow(/no readable sandbox/);
  expect(await lookAtWorld(folder)).toMatchObject({ state: "half-started" });
  await stopWorld(folder);
  expect(leftovers(folder)).toEqual([]);
});

describe.skipIf(process.getuid?.() !== 0)("as root (elsewhere: sudo npm test)", () => {
  test("an ordinary user has a world of his own", async () => {
    const home = join(base, "home");
    mkdirSync(home);
    chownSync(home, 65_534, 65_534);
    const program = `
      const { startWorld } = await import(process.argv[1] + "start.ts");
      const { stopWorld } = await import(process.argv[1] + "stop.ts");
      const { checkWorld } = await import(process.argv[1] + "health.ts");
      const world = await startWorld();
      console.log(world.folder, (await checkWorld(world)).length);
      await stopWorld(world.folder);`;
    const argv = [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      process.execPath,
      "--input-type=module",
      "-e",
      program,
      fileURLToPath(new URL("./", import.meta.url)),
    ];
    const run = spawnSync("setpriv", argv, { env: { PATH: process.env["PATH"], HOME: home }, encoding: "utf8", timeout: 20_000 });
    expect(run.stderr).toBe("");
    expect(run.stdout.trim()).toBe(`${join(home, ".local/state/ampel/sandbox")} 0`);
    expect(existsSync(join(home, ".local/state/ampel/sandbox"))).toBe(false);
  });

  test("a world below a folder that others may not enter keeps its data elsewhere, and removes it", async () => {
    const closed = join(base, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const world = await startWorld({ folder: join(closed, "world") });
    expect(world.postgres.data.startsWith(closed)).toBe(false);
    await stopWorld(world.folder);
    expect(existsSync(world.postgres.data)).toBe(false);
    expect(leftovers(world.folder)).toEqual([]);
  });
});
