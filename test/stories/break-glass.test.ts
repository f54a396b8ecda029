import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readFileEntries } from "../../src/logbook/logbook.ts";
import { findFault } from "../../src/sandbox/faults.ts";
import { isWorldHealthy } from "../../src/sandbox/health.ts";
import { mendWorld } from "../../src/sandbox/mend.ts";
import { openGround, type StartOptions, type StoryGround } from "./world.ts";

const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0;
const fixing = ["emergency-response", "--auto-fix"];
const deadStore = { AMPEL_DATABASE_URL: "postgres://ampel@127.0.0.1:1/ampel" };

let ground: StoryGround;
beforeAll(async () => void (ground = await openGround()), 60_000);
afterEach(async () => void (await mendWorld(ground.world)), 60_000);
afterAll(() => ground.clear(), 60_000);

/** A state of its own, and where possible journals of its own: the ones beside the state folder belong to the machine. */
function ownState(name: string): Required<Pick<StartOptions, "stateFolder" | "prefix">> & { journal: string } {
  const stateFolder = join(ground.folder, name);
  const [temporary, memory] = [join(ground.folder, `${name}-var-tmp`), join(ground.folder, `${name}-shm`)];
  for (const folder of [stateFolder, temporary, memory]) mkdirSync(folder, { recursive: true, mode: 0o755 });
  const mounts = 'mount --bind "$0" /var/tmp && mount --bind "$1" /dev/shm && shift && exec "$@"';
  return {
    stateFolder,
    prefix: canMount ? ["unshare", "--mount", "sh", "-c", mounts, temporary, memory] : [],
    journal: join(stateFolder, "journal"),
  };
}

/** Starts the command without its store and kills it in the middle of the step that starts the app. */
async function dieInTheMiddle(given: ReturnType<typeof ownState>): Promise<string> {
  await findFault("app-killed").inject(ground.world);
  const first = ground.start([...fixing, "--json"], { ...given, env: deadStore });
  const runFile = (): string | undefined =>
    existsSync(given.journal) ? readdirSync(given.journal).find((name) => name.endsWith(".run.jsonl")) : undefined;
  await expect
    .poll(() => runFile() !== undefined && readFileSync(join(given.journal, runFile() ?? ""), "utf8").includes('"name":"start"'), {
      timeout: 30_000,
      interval: 5,
    })
    .toBe(true);
  first.signal("SIGKILL");
  expect((await first.ended).exitCode).toBe("SIGKILL");
  return (runFile() ?? "").replace(".run.jsonl", "");
}

describe("without its own store", () => {
  test("it still cures, writes a journal, and the store takes the journal over when it is back", { timeout: 90_000 }, async () => {
    const own = ownState("dead");
    await findFault("app-killed").inject(ground.world);
    const { exitCode, document } = await ground.ask(fixing, { ...own, env: deadStore });
    expect([exitCode, document.mode, document.runs.map(({ state }) => state)]).toEqual([0, "break-glass", ["succeeded"]]);
    expect(await isWorldHealthy(ground.world)).toBe(true);
    expect(readFileEntries([own.journal]).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["incident-opened", "run-started", "run-ended", "incident-resolved"]),
    );

    const listed = await ground.ask(["run:list"], own);
    expect(listed.exitCode).toBe(0);
    expect(listed.document.runs).toMatchObject([{ id: document.runs[0]?.id, state: "succeeded", playbookId: "service-down" }]);
    const shown = await ground.ask(["run:show", document.runs[0]?.id ?? ""], own);
    expect((shown.document as unknown as { steps: { state: string }[] }).steps.map(({ state }) => state)).toEqual(["done", "done", "done"]);
    // Once more changes nothing.
    expect((await ground.ask(["run:list"], own)).document.runs).toHaveLength(1);
  });

  test("killed in the middle, the next call goes on with the same run", { timeout: 90_000 }, async () => {
    const own = ownState("killed");
    const runId = await dieInTheMiddle(own);
    const { exitCode, document, stderr } = await ground.ask(fixing, { ...own, env: deadStore });
    expect(stderr).toContain(runId);
    expect([exitCode, document.mode]).toEqual([0, "break-glass"]);
    expect(document.runs.map(({ id, state }) => [id, state])).toEqual([[runId, "succeeded"]]);
    expect(await isWorldHealthy(ground.world)).toBe(true);
    const entries = readFileEntries([own.journal]);
    expect(entries.filter(({ kind }) => kind === "run-started")).toHaveLength(1);
  });

  test(
    "killed in the middle, and the store is back: the run is finished from its journal, not begun anew",
    { timeout: 90_000 },
    async () => {
      const own = ownState("killed-then-store");
      const runId = await dieInTheMiddle(own);
      const { exitCode, document } = await ground.ask(fixing, own);
      expect([exitCode, document.mode]).toEqual([0, "store"]);
      expect(document.runs.map(({ id, state }) => [id, state])).toEqual([[runId, "succeeded"]]);
      // "look" had ended before the kill: its result is the one of the journal.
      const journal = readFileSync(join(own.journal, `${runId}.run.jsonl`), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { type: string; name?: string });
      expect(journal.filter(({ type, name }) => type === "intent" && name === "look")).toHaveLength(1);
      expect(journal.at(-1)?.type).toBe("end");
      expect((await ground.ask(["run:list"], own)).document.runs).toMatchObject([{ id: runId, state: "succeeded" }]);
    },
  );

  test("what limits the automation holds as well, is said, and is an alarm", { timeout: 60_000 }, async () => {
    const own = ownState("limited");
    await findFault("app-killed").inject(ground.world);
    const config = ground.configure({ automation: { runsPerPlaybookAndHour: 0 } }, join(ground.folder, "limited.yaml"));
    const { exitCode, document } = await ground.ask(fixing, { ...own, env: deadStore, config });
    expect([exitCode, document.runs]).toEqual([12, []]);
    expect(document.remaining.find(({ subject, cause }) => subject === "app" && cause === "service-down")?.reason).toMatch(
      /limit 0|Grenze 0/,
    );
    expect(readFileEntries([own.journal]).flatMap((entry) => (entry.kind === "alarm" ? [entry.message.key] : []))).toEqual([
      "automation.playbook-limit",
    ]);
  });

  test.skipIf(!canMount)(
    "a full disk under the state folder keeps nothing from being cured (needs root and mount)",
    { timeout: 90_000 },
    async () => {
      const own = ownState("full");
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs", own.stateFolder]);
      try {
        try {
          writeFileSync(join(own.stateFolder, "filler"), Buffer.alloc(8 * 1024 * 1024));
        } catch {
          // full now, as it should be
        }
        await findFault("app-killed").inject(ground.world);
        const { exitCode, document } = await ground.ask(fixing, own);
        expect([exitCode, document.mode, document.runs.map(({ state }) => state)]).toEqual([0, "break-glass", ["succeeded"]]);
        expect(await isWorldHealthy(ground.world)).toBe(true);
        expect(readdirSync(join(ground.folder, "full-var-tmp")).some((name) => name.startsWith("ampel-"))).toBe(true);
      } finally {
        execFileSync("umount", [own.stateFolder]);
      }
    },
  );
});
