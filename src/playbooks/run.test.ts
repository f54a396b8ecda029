import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { happenings, openStage, type BlockText, type Stage } from "./run.test-support.ts";

let stage: Stage;
beforeEach(() => {
  stage = openStage();
});
afterEach(() => stage.clear());

const note = (word: string): string => `echo ${word} >> "$EFFECTS"`;
const act = (name: string, more: Record<string, string> = {}, body = note(name)): BlockText => ({ name, risk: "write", ...more, body });
const tied = (role: string, target: string, body: string, more: Record<string, string> = {}): BlockText => ({
  name: `${target}-${role}`,
  for: target,
  role,
  ...more,
  body,
});
const statesOf = ({ outcome }: Awaited<ReturnType<Stage["play"]>>): string[] => [
  outcome.state,
  ...outcome.steps.map(({ name, state }) => `${name} ${state}`),
];

test("steps run in the order of the document, each verified by its own block", async () => {
  const played = await stage.play([act("one"), tied("verify", "one", 'grep --quiet one "$EFFECTS"'), act("two")]);
  expect(statesOf(played)).toEqual(["succeeded", "one done", "two done"]);
  expect(played.outcome.steps.map(({ message }) => message.key)).toEqual(["run.verified", "run.done"]);
  expect(played.lines).toEqual(["one", "two"]);
});

test("a guard that says no skips its step, and the run goes on", async () => {
  const played = await stage.play([act("one"), tied("guard", "one", "false"), act("two")]);
  expect(statesOf(played)).toEqual(["succeeded", "one skipped", "two done"]);
  expect(played.lines).toEqual(["two"]);
});

test("what its verify block denies is failed, takes the written fallback, and is verified again", async () => {
  const played = await stage.play([
    act("one"),
    tied("verify", "one", 'grep --quiet second "$EFFECTS"'),
    tied("fallback", "one", note("second")),
  ]);
  expect(statesOf(played)).toEqual(["succeeded", "one done"]);
  expect(played.lines).toEqual(["one", "second"]);
  expect(stage.alarms()).toEqual(["run.fallback"]);
});

test("a fallback that does not help either leaves the step failed, and the run stops there", async () => {
  const played = await stage.play([act("one"), tied("verify", "one", "false"), tied("fallback", "one", note("second")), act("two")]);
  expect(statesOf(played)).toEqual(["failed", "one failed"]);
  expect(played.lines).toEqual(["one", "second"]);
});

test("a command that exits well is not called done when its verify block says no", async () => {
  const played = await stage.play([act("one"), tied("verify", "one", "echo still-dead; false")]);
  expect(played.outcome.steps).toMatchObject([{ state: "failed", message: { key: "run.not-verified" }, output: "still-dead" }]);
});

test.each([
  ["yes", "3", 4],
  ["check", "3", 4],
  ["no", "3", 1],
])("a failing step with idempotent=%s and %s retries is tried %i times", async (idempotent, retries, expected) => {
  const played = await stage.play([act("one", { idempotent, retries }, `${note("try")}; false`), tied("verify", "one", "false")]);
  expect(statesOf(played)).toEqual(["failed", "one failed"]);
  expect(played.lines).toHaveLength(expected);
});

test("a retry looks first whether the failed attempt worked after all", async () => {
  const played = await stage.play([
    act("one", { idempotent: "check", retries: "3" }, `${note("try")}; false`),
    tied("verify", "one", 'test -s "$EFFECTS"'),
  ]);
  expect(statesOf(played)).toEqual(["succeeded", "one done"]);
  expect(played.lines).toEqual(["try"]);
});

test("a step that forks and hangs is ended in its time, with every child, also one in a session of its own", async () => {
  const pids = join(stage.folder, "pids");
  const body = `( sleep 300 & echo $! >> "${pids}"; setsid sleep 300 & echo $! >> "${pids}"; wait ) &\necho $$ >> "${pids}"\nwait`;
  const startedMs = performance.now();
  const played = await stage.play([act("hang", { timeout: "700ms" }, body)]);
  expect(performance.now() - startedMs).toBeLessThan(6000);
  expect(played.outcome.steps).toMatchObject([{ state: "failed", message: { key: "run.overrun" } }]);
  const written = readFileSync(pids, "utf8").split("\n").filter(Boolean);
  expect(written).toHaveLength(3);
  await expect.poll(() => written.filter((pid) => isAlive(pid))).toEqual([]);
});

function isAlive(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

test("a step has its own time limit, even if the zone leaves more", async () => {
  const played = await stage.play([act("one", { timeout: "300ms" }, "sleep 2"), tied("verify", "one", "false", { timeout: "20s" })]);
  expect(played.outcome.steps).toMatchObject([{ state: "failed", message: { key: "run.overrun" } }]);
});

test("a short budget cuts every block of a step in proportion", async () => {
  const long = { "on-failure": "continue", timeout: "20s" };
  const played = await stage.play([act("one", long, "sleep 30"), act("two", long, "sleep 30"), act("three", long)], {
    input: { budgetMs: 2400 },
  });
  expect(statesOf(played)).toEqual(["failed", "one failed", "two failed", "three done"]);
  expect(played.outcome.durationMs).toBeLessThan(8000);
});

test.each([
  ["in the middle", ["one", "two", "three"]],
  ["in the last step", ["one"]],
])("a budget that is overrun %s is told once", async (_, names) => {
  const takeLock = (): Promise<undefined> => pause(300, undefined);
  const played = await stage.play(
    names.map((name) => act(name, { lock: "slow", timeout: "1s" })),
    { input: { budgetMs: 250 * names.length }, takeLock },
  );
  expect(played.lines).toEqual(names);
  expect(stage.alarms()).toEqual(["run.over-budget"]);
});

test.each([
  ["stop", ["failed", "one done", "two failed"], ["one", "two"]],
  ["continue", ["failed", "one done", "two failed", "three done"], ["one", "two", "three"]],
  ["undo", ["undone", "one undone", "two undone"], ["one", "two", "two-back", "one-back"]],
])("on-failure=%s", async (rule, states, lines) => {
  const played = await stage.play([
    act("one"),
    tied("undo", "one", note("one-back")),
    act("two", { "on-failure": rule }, `${note("two")}; false`),
    tied("undo", "two", note("two-back")),
    act("three"),
  ]);
  expect(statesOf(played)).toEqual(states);
  expect(played.lines).toEqual(lines);
});

test("a run is not called undone while a step without an undo has left its effect", async () => {
  const played = await stage.play([act("one"), act("two", { "on-failure": "undo" }, "false"), tied("undo", "two", note("two-back"))]);
  expect(statesOf(played)).toEqual(["needs-human", "one done", "two undone"]);
});

test("an undo that fails is named, and the older ones are still put back", async () => {
  const played = await stage.play([
    act("one"),
    tied("undo", "one", note("one-back")),
    act("two", { "on-failure": "undo" }, "false"),
    tied("undo", "two", "false"),
  ]);
  expect(statesOf(played)).toEqual(["needs-human", "one undone", "two undo-failed"]);
  expect(played.lines).toEqual(["one", "one-back"]);
});

test("a lock that another run holds refuses the step and names the holder", async () => {
  const played = await stage.play([act("one", { lock: "services" })], { takeLock: async () => "run-other" });
  expect(statesOf(played)).toEqual(["needs-human", "one refused"]);
  expect(played.outcome.message).toEqual({ key: "run.locked", values: { lock: "services", holder: "run-other" } });
  expect(played.lines).toEqual([]);
});

test.each([
  ["observe", false, ["needs-human", "look done", "one refused"], []],
  ["propose", false, ["needs-human", "look done", "one needs-human"], []],
  ["act", false, ["succeeded", "look done", "one done"], ["one"]],
] as const)("with authority %s and nobody to ask", async (level, canAsk, states, lines) => {
  const played = await stage.play([{ name: "look", risk: "read", body: "true" }, act("one")], {
    input: { authority: { level, drilledDanger: [], canAsk } },
  });
  expect(statesOf(played)).toEqual(states);
  expect(played.lines).toEqual(lines);
});

test("lines of ours run in this process, with the values filled in and the other words untouched", async () => {
  const calls: (readonly string[])[] = [];
  const command = async (words: readonly string[]) => {
    calls.push(words);
    return { exitCode: 0, output: "" };
  };
  await stage.play(
    [
      {
        name: "look",
        risk: "read",
        body: 'export SUBJECT="${AMPEL_SUBJECT:-}"\nampel service:plan "$SUBJECT"\nampel probe:wait "$SUBJECT" --for 5s',
      },
    ],
    { command, input: { subject: "a b; rm -rf *" } },
  );
  expect(calls).toEqual([
    ["service:plan", "a b; rm -rf *"],
    ["probe:wait", "a b; rm -rf *", "--for", "5s"],
  ]);
});

test.each([
  ["throws", () => Promise.reject(new TypeError("boom")), "run.exit"],
  ["never ends and hears no signal", () => new Promise<never>(() => {}), "run.overrun"],
  ["says that something is red", async () => ({ exitCode: 12, output: "red" }), "run.exit"],
] as const)("a command of ours that %s fails its step and not the run", async (_, command, expected) => {
  const played = await stage.play([act("one", { timeout: "400ms" }, "ampel service:start shop")], { command });
  expect(statesOf(played)).toEqual(["failed", "one failed"]);
  expect(played.outcome.steps[0]?.message.key).toBe(expected);
});

test("a look may find a zone and has still looked", async () => {
  const played = await stage.play([{ name: "look", risk: "read", body: "ampel health:check" }], {
    command: async () => ({ exitCode: 12, output: "red" }),
  });
  expect(statesOf(played)).toEqual(["succeeded", "look done"]);
});

test("every step is in the logbook before it acts and after, the run with its whole text", async () => {
  const played = await stage.play([act("one"), act("two", {}, "false")]);
  expect(
    played.entries.map((entry) => [entry.kind, "name" in entry ? entry.name : "", "state" in entry ? entry.state : ""].join(" ").trim()),
  ).toEqual(["run-started", "step-started one", "step-ended one done", "step-started two", "step-ended two failed", "run-ended  failed"]);
  expect(happenings(played.entries, "run-started")[0]?.playbookText).toContain(note("one"));
});

test("a value never becomes a part of the text, whatever is in it", async () => {
  const trap = '$(touch "$EFFECTS.trap") `touch "$EFFECTS.trap"`; "\' *';
  const played = await stage.play([act("one", {}, 'export VALUE=""\nprintf \'%s\\n\' "$VALUE" >> "$EFFECTS"')], {
    input: { parameters: { EFFECTS: stage.effects, VALUE: trap } },
  });
  expect(played.lines).toEqual([trap]);
  expect(readdirSync(stage.folder)).not.toContain("effects.trap");
});

test("personal data in the output of a step is masked in its report", async () => {
  const played = await stage.play([act("one", {}, "echo call from +4915112345678")]);
  expect(played.outcome.steps[0]?.output).toBe("call from [phone]");
  expect(happenings(played.entries, "step-ended")[0]?.output).toBe("call from [phone]");
});

test("the file of a playbook may change during its run: the run keeps its text", async () => {
  const file = join(stage.folder, "sample.md");
  writeFileSync(file, "# another text\n");
  const played = await stage.play([act("one", {}, `echo "# edited" >> "${file}"; ${note("one")}`), act("two")], {
    input: { playbookPath: file },
  });
  appendFileSync(file, "");
  expect(statesOf(played)).toEqual(["succeeded", "one done", "two done"]);
});
