import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openHost } from "../../src/integrations/host.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { startFileEngine } from "../../src/kernel/durable/file-engine.ts";
import { openFileLogbook, readFileEntries } from "../../src/logbook/logbook.ts";
import { inputOf, writePlaybook, type BlockText } from "../../src/playbooks/run.test-support.ts";
import { playbookWorkflow } from "../../src/playbooks/run.ts";
import type { RunHands, RunOutcome } from "../../src/playbooks/run-contract.ts";
import { openDurable, type Durable } from "../../src/responder/durable.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import type { KillAt } from "../chaos/kill-at-write.ts";
import type { RunnerOrder } from "./runner-driver.ts";

/** `AMPEL_CHAOS=long npm test` dies before and after every single write; otherwise at an even sample of them. */
const isLong = process.env["AMPEL_CHAOS"] === "long";
const atOnce = 3;

const folder = mkdtempSync(join(tmpdir(), "ampel-killed-"));
const node = resolve("node_modules/.bin/node");

const hands: Omit<RunHands, "logbook" | "takeLock" | "freeLock"> = {
  openHost: (name) => openHost(name, { via: "local" }),
  localEnv: {},
  command: async () => ({ exitCode: 1, output: "" }),
  onApprovalWanted: () => {},
  clock: systemClock,
};

beforeAll(() => chmodSync(folder, 0o755)); // the store's account has to pass
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const seen = (word: string): string => `grep --quiet --line-regexp ${word} "$EFFECTS" 2> /dev/null`;
const write = (name: string, more: Record<string, string>, body = `echo ${name} >> "$EFFECTS"`): BlockText => ({
  name,
  risk: "write",
  ...more,
  body,
});
const verified = (name: string): BlockText => ({ name: `${name}-verify`, for: name, role: "verify", body: seen(name) });

/** Every way of being repeatable, mixed. */
const fiveSteps = writePlaybook([
  write("first", { idempotent: "yes" }, `${seen("first")} || echo first >> "$EFFECTS"`),
  write("second", { idempotent: "check" }),
  verified("second"),
  write("third", { idempotent: "no" }),
  verified("third"),
  write("fourth", { idempotent: "no" }),
  write("fifth", { idempotent: "check", lock: "services" }),
  verified("fifth"),
]);
const fiveEffects = ["first", "second", "third", "fourth", "fifth"];

/** The third step fails, and the two before it are put back, newest first. */
const undoing = writePlaybook([
  write("one", {}),
  { name: "one-verify", for: "one", role: "verify", body: `${seen("one")} && ! ${seen("one-back")}` },
  { name: "one-undo", for: "one", role: "undo", body: 'echo one-back >> "$EFFECTS"' },
  write("two", {}),
  { name: "two-verify", for: "two", role: "verify", body: `${seen("two")} && ! ${seen("two-back")}` },
  { name: "two-undo", for: "two", role: "undo", body: 'echo two-back >> "$EFFECTS"' },
  write("three", { idempotent: "yes", "on-failure": "undo" }, "false"),
  { name: "three-undo", for: "three", role: "undo", idempotent: "yes", body: "true" },
]);
const undoingEffects = ["one", "two", "two-back", "one-back"];

type Round = { readonly runId: string; readonly effects: string; readonly order: RunnerOrder };

function roundOf(runId: string, text: string, more: Partial<RunnerOrder>): Round {
  const effects = join(folder, `${runId}.effects`);
  return { runId, effects, order: { runId, input: inputOf(text, effects), stateFolder: folder, ...more } };
}

async function drive(order: RunnerOrder): Promise<{ end: number | NodeJS.Signals; writes: number }> {
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", resolve("test/stories/runner-driver.ts"), JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") },
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const end = await new Promise<number | NodeJS.Signals>((settle) => child.once("close", (code, signal) => settle(code ?? signal ?? -1)));
  return { end, writes: said === "" ? 0 : (JSON.parse(said) as { writes: number }).writes };
}

/** Before and after each write, or a sample in which both moments and every kind of write come up. */
function listKills(writes: number, stride: number): KillAt[] {
  const all = Array.from({ length: writes }, (_, index) =>
    (["before", "after"] as const).map((moment): KillAt => ({ write: index + 1, moment })),
  ).flat();
  return isLong ? all : all.filter((_, index) => index % stride === 1);
}

/** Runs the jobs, a few at a time. */
async function spread<Job>(jobs: readonly Job[], work: (job: Job) => Promise<void>): Promise<void> {
  const rest = [...jobs];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let job = rest.shift(); job !== undefined; job = rest.shift()) await work(job);
    }),
  );
}

function readLines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
}

/** Nothing twice, nothing out of order; all of it, or a person is asked. */
function judge(
  { state }: Pick<RunOutcome, "state">,
  effects: readonly string[],
  all: readonly string[],
  whole: string,
): string | undefined {
  if (effects.join() !== all.slice(0, effects.length).join()) return `effects ${effects.join()}`;
  if (state === whole) return effects.length === all.length ? undefined : `${state} with ${effects.join()}`;
  return state === "needs-human" ? undefined : `ended as ${state}`;
}

async function finishOnFiles({ runId, order }: Round): Promise<RunOutcome> {
  const journal = order.folder ?? "";
  const logbook = openFileLogbook([journal], systemClock);
  const engine = startFileEngine([journal], systemClock);
  const outcome = await engine.start(
    playbookWorkflow({ ...hands, logbook, takeLock: async () => undefined, freeLock: async () => {} }),
    runId,
    order.input,
  );
  await engine.stop();
  logbook.close();
  return outcome;
}

test.each([
  ["a five-step playbook", fiveSteps, fiveEffects, "succeeded"],
  ["a playbook that takes itself back", undoing, undoingEffects, "undone"],
])(
  "%s, killed at the writes of its journal files and finished by another process, does nothing twice",
  async (name, text, all, whole) => {
    const label = name.replaceAll(/\W+/g, "-");
    const plain = roundOf(`${label}-plain`, text, { folder: join(folder, `${label}-plain`) });
    const { writes } = await drive(plain.order);
    expect(readLines(plain.effects)).toEqual(all);

    const kills = listKills(writes, 7);
    const wrong: string[] = [];
    const endings: Record<string, number> = {};
    await spread(kills, async (killAt) => {
      const label2 = `${label}-${killAt.moment}-${killAt.write}`;
      const round = roundOf(label2, text, { folder: join(folder, label2), killAt });
      const { end } = await drive(round.order);
      if (end !== "SIGKILL") wrong.push(`${label2}: ended with ${end}`);
      const outcome = await finishOnFiles(round);
      endings[outcome.state] = (endings[outcome.state] ?? 0) + 1;
      const fault = judge(outcome, readLines(round.effects), all, whole);
      if (fault !== undefined) wrong.push(`${label2}: ${fault}`);
      // The story told afterwards is one story, whoever told which half.
      const ids = readFileEntries([round.order.folder ?? ""]).map(({ id }) => id);
      if (new Set(ids).size !== ids.length) wrong.push(`${label2}: entries twice`);
    });
    expect(wrong).toEqual([]);
    // To ask a person each time would be no answer either.
    expect(endings[whole]).toBeGreaterThan(kills.length * 0.6);
  },
  isLong ? 900_000 : 120_000,
);

test(
  "a five-step playbook, killed at its writes into the store, is finished by another process and does nothing twice",
  async () => {
    const stateFolder = join(folder, "store-state");
    let store: Store | undefined;
    let survivor: Durable | undefined;
    try {
      store = await openStore({ stateFolder, databaseUrl: undefined });
      const databaseUrl = store.url;
      const plain = roundOf("plain", fiveSteps, { stateFolder, databaseUrl });
      const { writes } = await drive(plain.order);
      expect(writes).toBeGreaterThan(20);
      expect(readLines(plain.effects)).toEqual(fiveEffects);

      const rounds = listKills(writes, 19).map((killAt) =>
        roundOf(`store-${killAt.moment}-${killAt.write}`, fiveSteps, { stateFolder, databaseUrl, killAt }),
      );
      let killed = 0;
      await spread(rounds, async ({ order }) => {
        // How often the engine looks varies from run to run: the last writes of one are not met in every other.
        if ((await drive(order)).end === "SIGKILL") killed += 1;
      });
      expect(killed).toBeGreaterThan(rounds.length * 0.8);
      survivor = await openDurable({ stateFolder, journalFolders: [], databaseUrl, clock: systemClock, hands });
      expect(survivor.mode).toBe("store");
      const wrong: string[] = [];
      for (const { runId, effects, order } of rounds) {
        const outcome = await survivor.run(runId, order.input);
        const fault = judge(outcome, readLines(effects), fiveEffects, "succeeded");
        if (fault !== undefined) wrong.push(`${runId}: ${fault}`);
      }
      expect(wrong).toEqual([]);
      const { rows } = await store.pool.query<{ count: string }>("select count(*) as count from ampel.run where state = 'running'");
      expect(rows[0]?.count).toBe("0");
    } finally {
      await survivor?.close();
      await store?.close();
    }
  },
  isLong ? 900_000 : 120_000,
);
