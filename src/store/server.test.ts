import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { processStart } from "../kernel/durable/lease.ts";
import { Failure } from "../kernel/failure.ts";
import { holdServer, type StoreServer } from "./server.ts";
import { readPid } from "./stale-lock.ts";

const isRoot = process.getuid?.() === 0;
let template: string;
let ground: string;
let stateFolder: string;
const held: StoreServer[] = [];
const children: ChildProcess[] = [];
const disks: string[] = [];
beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), "ampel-template-"));
  chmodSync(template, 0o755);
  const server = await holdServer(join(template, "state"));
  await server.leave();
}, 60_000);
afterAll(() => rmSync(template, { recursive: true, force: true }));
beforeEach(() => {
  ground = mkdtempSync(join(tmpdir(), "ampel-server-"));
  chmodSync(ground, 0o755);
  stateFolder = join(ground, "state");
});
afterEach(async () => {
  delete process.env["AMPEL_POSTGRES"];
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const server of held.splice(0)) await server.leave();
  const pid = postmasterPid();
  if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGQUIT");
  for (let look = 0; pid !== undefined && isAlive(pid) && look < 200; look += 1) await pause(20);
  for (const disk of disks.splice(0)) spawnSync("umount", [disk]);
  rmSync(ground, { recursive: true, force: true, maxRetries: 5 });
});

/** Not a corpse either: nobody may be there to collect it once its parent is dead. */
function isAlive(pid: number | undefined): boolean {
  return pid !== undefined && processStart(pid) !== undefined;
}

/** A store that ran before: making one takes seconds, copying it does not. */
function copyTemplate(): void {
  expect(spawnSync("cp", ["-a", join(template, "state"), stateFolder]).status).toBe(0);
}

const postmasterPid = (folder = stateFolder): number | undefined => readPid(join(folder, "store/data/postmaster.pid"));

async function hold(folder = stateFolder): Promise<StoreServer> {
  const server = await holdServer(folder);
  held.push(server);
  return server;
}

async function leaveAll(): Promise<void> {
  for (const server of held.splice(0)) await server.leave();
}

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(text);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

async function failureOf(work: Promise<unknown>): Promise<Failure & { afterMs: number }> {
  const startedMs = performance.now();
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return Object.assign(error as Failure, { afterMs: performance.now() - startedMs });
}

/** Waits until the server answers again, and returns how long that took. */
async function untilBack(url: string): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    try {
      await ask(url, "select 1 as answer");
      return performance.now() - startedMs;
    } catch (error) {
      if (performance.now() - startedMs > 15_000) throw error;
      await pause(20);
    }
  }
}

const script = `
  import { holdServer } from ${JSON.stringify(join(import.meta.dirname, "server.ts"))};
  try {
    const server = await holdServer(process.argv[1]);
    console.log("held");
    process.stdin.once("data", async () => { await server.leave(); console.log("left"); process.exit(0); });
  } catch (error) {
    console.log(error.code + ": " + error.message);
    process.exit(3);
  }`;

/** Another process that holds the server; `prefix` may make it another account. */
async function holdElsewhere(prefix: readonly string[] = [], folder = stateFolder): Promise<{ child: ChildProcess; said: string }> {
  const argv = [...prefix, process.execPath, "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script, folder];
  const child = spawn(argv[0] ?? "", argv.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const said = await new Promise<string>((settle) => void child.stdout?.once("data", (chunk: Buffer) => settle(chunk.toString().trim())));
  return { child, said };
}

describe("the programs", () => {
  test("come from the machine, and the last one out stops the server", async () => {
    const server = await hold();
    expect(await ask(server.url, "select current_database() || current_user as answer")).toBe("ampelampel");
    const pid = postmasterPid();
    expect(isAlive(pid)).toBe(true);
    await leaveAll();
    expect(isAlive(pid)).toBe(false);
    expect(readFileSync(join(stateFolder, "store/postgres.log"), "utf8")).toContain("database system is shut down");
  });

  test("or from the npm package, whose install script never ran, and which lies where others may not look", async () => {
    process.env["AMPEL_POSTGRES"] = "bundled";
    const server = await hold();
    expect(await ask(server.url, "select current_setting('server_version_num')::int / 10000 as answer")).toBe(18);
    expect(readdirSync(stateFolder).filter((name) => name.startsWith("postgres-"))).toHaveLength(1);
  });

  test("of another major version than the data are refused with the version that is wanted", async () => {
    copyTemplate();
    writeFileSync(join(stateFolder, "store/data/PG_VERSION"), "11\n");
    const failure = await failureOf(hold());
    expect(failure.code).toBe("store-version");
    expect(failure.message).toContain("PostgreSQL 11");
  });
});

describe("accounts", () => {
  test("no network port is opened, and only our own accounts are let in", async () => {
    copyTemplate();
    const server = await hold();
    expect(await ask(server.url, "select setting as answer from pg_settings where name = 'listen_addresses'")).toBe("");
    expect(statSync(join(stateFolder, "store/run")).mode & 0o077).toBe(0);
  });

  test.skipIf(!isRoot)("as root the server runs under another account (needs root)", async () => {
    copyTemplate();
    await hold();
    expect(statSync(`/proc/${postmasterPid()}`).uid).not.toBe(0);
  });

  test.skipIf(!isRoot)("data keeps its account when a better one appears later (needs root)", async () => {
    mkdirSync(join(stateFolder, "store"), { recursive: true });
    chownSync(join(stateFolder, "store"), 65_534, 65_534);
    const { said, child } = await holdElsewhere(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    expect(said).toBe("held");
    const root = await hold();
    expect(await ask(root.url, "select 1 as answer")).toBe(1);
    child.kill("SIGKILL");
    await leaveAll();
    await hold();
    expect(statSync(`/proc/${postmasterPid()}`).uid).toBe(65_534);
  });

  test.skipIf(!isRoot)("an ordinary user has a server of its own, under itself (needs root to become one)", async () => {
    mkdirSync(stateFolder);
    chownSync(stateFolder, 65_534, 65_534);
    const { said } = await holdElsewhere(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    expect(said).toBe("held");
    expect(statSync(`/proc/${postmasterPid()}`).uid).toBe(65_534);
  });

  test.skipIf(!isRoot)("an ordinary user who meets root's store is told so within three seconds (needs root)", async () => {
    copyTemplate();
    await hold();
    const startedMs = performance.now();
    const { said } = await holdElsewhere(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    expect(performance.now() - startedMs).toBeLessThan(3000);
    expect(said).toMatch(/^store-unreachable: .*(EACCES|EPERM)/);
  });

  test.skipIf(!isRoot)("a closed folder above is named with the account that cannot pass (needs root)", async () => {
    mkdirSync(join(ground, "closed"), { mode: 0o700 });
    const failure = await failureOf(hold(join(ground, "closed/state")));
    expect(failure.message).toContain(`may not pass through ${join(ground, "closed")}`);
    expect(failure.afterMs).toBeLessThan(3000);
  });
});

describe("places", () => {
  test("a path far longer than a socket's address may be works like any other, for two processes", async () => {
    const long = join(ground, "long".repeat(40), "path".repeat(40), "state");
    const server = await hold(long);
    expect(await ask(server.url, "select 1 as answer")).toBe(1);
    expect((await holdElsewhere([], long)).said).toBe("held");
  });

  test("a state folder that cannot be made fails at once", async () => {
    writeFileSync(join(ground, "file"), "");
    const failure = await failureOf(hold(join(ground, "file/state")));
    expect(failure.code).toBe("store-unreachable");
    expect(failure.afterMs).toBeLessThan(3000);
  });

  test.skipIf(!isRoot)("a full disk fails within three seconds and says how much is missing (needs root for a tmpfs)", async () => {
    mkdirSync(stateFolder);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", stateFolder]).status).toBe(0);
    disks.push(stateFolder);
    const failure = await failureOf(hold());
    expect(failure.code).toBe("store-unreachable");
    expect(failure.message).toMatch(/\d+ MiB are left .* needs 160 MiB/);
    expect(failure.afterMs).toBeLessThan(3000);
  });

  test.skipIf(!isRoot)("a disk that is read-only fails within three seconds (needs root for a tmpfs)", async () => {
    mkdirSync(stateFolder);
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=300m,mode=755,ro", "tmpfs", stateFolder]).status).toBe(0);
    disks.push(stateFolder);
    const failure = await failureOf(hold());
    expect(failure.message).toContain("EROFS");
    expect(failure.afterMs).toBeLessThan(3000);
  });
});

describe("death", () => {
  test("kill -9 of the server: its holder brings it back by itself", async () => {
    copyTemplate();
    const server = await hold();
    const before = postmasterPid() ?? 0;
    process.kill(before, "SIGKILL");
    const backMs = await untilBack(server.url);
    expect(postmasterPid()).not.toBe(before);
    expect(backMs).toBeLessThan(10_000);
    console.log(JSON.stringify({ figure: "server back after kill -9 of the postmaster", ms: Math.round(backMs) }));
  });

  test("kill -9 of the server and all its children likewise", async () => {
    copyTemplate();
    const server = await hold();
    process.kill(-(postmasterPid() ?? 0), "SIGKILL");
    expect(await untilBack(server.url)).toBeLessThan(10_000);
  });

  test("a holder killed -9 leaves the server running; the next one finds it and the last one stops it", async () => {
    copyTemplate();
    const { child } = await holdElsewhere();
    const pid = postmasterPid();
    child.kill("SIGKILL");
    const server = await hold();
    expect(postmasterPid()).toBe(pid);
    const present = "select count(*)::int as answer from pg_stat_activity where application_name = 'ampel-presence'";
    while ((await ask(server.url, present)) !== 1) await pause(20);
    await leaveAll();
    expect(isAlive(pid)).toBe(false);
  });

  test("two holders: the server stays for the second", async () => {
    copyTemplate();
    const { child, said } = await holdElsewhere();
    expect(said).toBe("held");
    const server = await hold();
    child.stdin?.write("leave\n");
    await new Promise((settle) => void child.once("exit", settle));
    expect(await ask(server.url, "select 1 as answer")).toBe(1);
  });

  test("lock files that name another program's pid, as after a reboot, do not keep the server down", async () => {
    copyTemplate();
    const owner = statSync(join(stateFolder, "store/data"));
    const sleeper = spawn("sleep", ["60"], { stdio: "ignore", ...(isRoot ? { uid: owner.uid, gid: owner.gid } : {}) });
    children.push(sleeper);
    const data = join(stateFolder, "store/data");
    writeFileSync(join(data, "postmaster.pid"), `${sleeper.pid}\n${data}\n1700000000\n5432\n../run\n\n`);
    writeFileSync(join(stateFolder, "store/run/.s.PGSQL.5432.lock"), `${sleeper.pid}\n${data}\n1700000000\n5432\n../run\n`);
    for (const path of ["data/postmaster.pid", "run/.s.PGSQL.5432.lock"]) chownSync(join(stateFolder, "store", path), owner.uid, owner.gid);
    const server = await hold();
    expect(await ask(server.url, "select 1 as answer")).toBe(1);
    expect(sleeper.exitCode).toBeNull();
  });

  test("a state folder deleted under a running server: the next process makes a new one", async () => {
    copyTemplate();
    await hold();
    const orphan = postmasterPid() ?? 0;
    rmSync(join(stateFolder, "store"), { recursive: true, force: true });
    const { said } = await holdElsewhere();
    expect(said).toBe("held");
    const next = postmasterPid() ?? 0;
    expect(next).not.toBe(orphan);
    await leaveAll();
    expect(isAlive(next), "whoever leaves the old server does not stop the new one").toBe(true);
    process.kill(orphan, "SIGQUIT"); // by itself it would notice within a minute
  });

  test("a half-made data folder of a killed attempt is no obstacle", async () => {
    mkdirSync(join(stateFolder, "store/draft-killed/base"), { recursive: true });
    writeFileSync(join(stateFolder, "store/maker"), "4194303");
    const server = await hold();
    expect(await ask(server.url, "select 1 as answer")).toBe(1);
  });
});

test("two processes that start at once on an empty folder share one server", async () => {
  const said = await Promise.all([holdElsewhere(), holdElsewhere()]);
  expect(said.map((each) => each.said)).toEqual(["held", "held"]);
  await hold();
  expect(readdirSync(join(stateFolder, "store")).filter((name) => name.startsWith("draft-"))).toEqual([]);
});
