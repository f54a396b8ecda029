import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { listUnfinishedRuns, runEnding, startFileEngine } from "./file-engine.ts";
import { openJournalFile, readLongest } from "./journal-file.ts";
import type { Workflow } from "./run.ts";

let ground: string;
beforeEach(() => {
  ground = mkdtempSync(join(tmpdir(), "ampel-files-"));
});
afterEach(() => rmSync(ground, { recursive: true, force: true }));

const folder = (name = "journal"): string => join(ground, name);

/** A run of three steps; what happens in a step is up to the test. */
function threeSteps(effect: (name: string, isRepeat: boolean, signal: AbortSignal) => unknown): Workflow<string, string[]> {
  return {
    name: "three",
    body: async (run, input) => {
      const done: string[] = [];
      for (const name of ["one", "two", "three"]) {
        done.push(await run.step(name, async ({ isRepeat, signal }) => `${input}:${String(await effect(name, isRepeat, signal))}`));
      }
      return done;
    },
  };
}

describe("what is left of a journal", () => {
  const journal = (): string => join(folder(), `run${runEnding}`);
  const lines = [
    { type: "start", workflow: "three", input: "then" },
    { type: "intent", position: 0, name: "one" },
    { type: "result", position: 0, name: "one", value: "then:old" },
    { type: "intent", position: 1, name: "two" },
  ].map((line) => JSON.stringify(line));
  const plant = (text: string): void => {
    mkdirSync(folder(), { mode: 0o700 });
    writeFileSync(journal(), text, { mode: 0o600 });
  };
  const resume = async (): Promise<{ outcome: string[]; began: string[] }> => {
    const began: string[] = [];
    const engine = startFileEngine([folder()], systemClock);
    const workflow = threeSteps((name, isRepeat) => {
      began.push(isRepeat ? `${name} again` : name);
      return "new";
    });
    return { outcome: await engine.start(workflow, "run", "now"), began };
  };

  test("a step that was begun is marked as a repeat, one with a result is not done again, the first input stays", async () => {
    plant(`${lines.join("\n")}\n`);
    expect(await resume()).toEqual({ outcome: ["then:old", "then:new", "then:new"], began: ["two again", "three"] });
  });

  test("a torn last line is no line, and the next one is not swallowed by it", async () => {
    plant(`${lines.join("\n")}\n{"type":"result","posi`);
    expect((await resume()).began).toEqual(["two again", "three"]);
    expect(readLongest<{ type: string }>([folder()], `run${runEnding}`).at(-1)?.type).toBe("end");
  });

  test("garbage in the middle hides nothing that stands behind it, and is kept for a person", async () => {
    plant([lines[0], lines[1], "\u0000\u0000 ### 42 not json", "null", "[1]", lines[3]].join("\n"));
    expect((await resume()).began).toEqual(["one again", "two again", "three"]);
    expect(readFileSync(`${journal()}.damaged`, "utf8")).toContain("### 42");
  });

  test("a file of garbage alone is a run that never began", async () => {
    plant("\u0001\u0002\u0003".repeat(1000));
    expect(listUnfinishedRuns([folder()])).toEqual([]);
    expect((await resume()).began).toEqual(["one", "two", "three"]);
  });

  test("other steps than those written are refused instead of guessed", async () => {
    plant(`${lines.join("\n").replaceAll('"one"', '"something else"')}\n`);
    await expect(resume()).rejects.toThrow('step 0 is "one" now');
  });

  test("a finished run gives its outcome again without a step", async () => {
    plant(`${lines.join("\n")}\n`);
    const { outcome } = await resume();
    expect(await resume()).toEqual({ outcome, began: [] });
    expect(listUnfinishedRuns([folder()])).toEqual([]);
  });
});

describe("folders", () => {
  test("that others could have written are not believed: a run planted there would be carried out with our rights", async () => {
    mkdirSync(folder("open"));
    chmodSync(folder("open"), 0o777);
    writeFileSync(join(folder("open"), `evil${runEnding}`), '{"type":"start","workflow":"three","input":"evil"}\n');
    expect(listUnfinishedRuns([folder("open")])).toEqual([]);
    const file = openJournalFile([folder("open"), folder("mine")], "run");
    file.append({ kind: "line" });
    expect(existsSync(join(folder("open"), "run"))).toBe(false);
    expect(readLongest([folder("mine")], "run")).toEqual([{ kind: "line" }]);
  });

  test("with none that takes a line the error names them all and the step is not begun", async () => {
    writeFileSync(folder("file"), "");
    const began: string[] = [];
    const engine = startFileEngine([join(folder("file"), "a"), join(folder("file"), "b")], systemClock);
    await expect(
      engine.start(
        threeSteps((name) => began.push(name)),
        "run",
        "",
      ),
    ).rejects.toThrow(/no folder takes the journal run\.run\.jsonl: .*\/a, .*\/b/);
    expect(began).toEqual([]);
  });

  describe.skipIf(process.getuid?.() !== 0)("on small disks (needs root for a tmpfs)", () => {
    const disks: string[] = [];
    const mountSmall = (name: string): string => {
      mkdirSync(folder(name));
      expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", folder(name)]).status).toBe(0);
      disks.push(folder(name));
      return folder(name);
    };
    afterEach(() => {
      for (const disk of disks.splice(0)) spawnSync("umount", [disk]);
    });

    test("a run whose disk fills up in the middle goes on in the next folder, and from there after a restart", async () => {
      const folders = [mountSmall("small"), folder("large")];
      const began: string[] = [];
      const fill = threeSteps((name) => {
        began.push(name);
        if (name === "three") throw new Error("stopped here");
        return "x".repeat(40_000);
      });
      await expect(startFileEngine(folders, systemClock).start(fill, "run", "")).rejects.toThrow("stopped here");
      expect(began).toEqual(["one", "two", "three"]);
      expect(readLongest([folder("large")], `run${runEnding}`).length).toBeGreaterThan(
        readLongest([folder("small")], `run${runEnding}`).length,
      );
      await expect(startFileEngine(folders, systemClock).start(fill, "run", "")).rejects.toThrow("stopped here");
      expect(began).toHaveLength(3);
    });

    test("with all disks full nothing is begun that could not be written down", async () => {
      const folders = [mountSmall("one"), mountSmall("two")];
      for (const disk of folders) writeFileSync(join(disk, "ballast"), Buffer.alloc(0));
      for (const disk of folders) spawnSync("dd", ["if=/dev/zero", `of=${join(disk, "ballast")}`, "bs=4k"]);
      const began: string[] = [];
      await expect(
        startFileEngine(folders, systemClock).start(
          threeSteps((name) => began.push(name)),
          "run",
          "",
        ),
      ).rejects.toThrow("no folder takes the journal");
      expect(began).toEqual([]);
    });
  });
});

describe("messages", () => {
  const asks = (topics: readonly string[], waitMs: number): Workflow<null, unknown[]> => ({
    name: "asks",
    body: async (run) => {
      const answers: unknown[] = [];
      for (const topic of topics) answers.push((await run.waitFor(topic, (await run.now()) + waitMs)) ?? "nobody");
      return answers;
    },
  });

  test("one approval counts for one person: the second wait on a topic needs a second message", async () => {
    const engine = startFileEngine([folder()], systemClock);
    const result = engine.start(asks(["approval", "approval"], 600), "run", null);
    expect(await engine.send("run", "approval", "anna", "anna-1")).toBe("delivered");
    await engine.send("run", "approval", "anna", "anna-1");
    expect(await result).toEqual(["anna", "nobody"]);
    expect(await engine.send("run", "approval", "bert", "bert-1")).toBe("too-late");
    expect(await engine.send("nobody", "approval", "bert", "bert-1")).toBe("unknown-run");
  });

  test("a message behind the torn line of a killed sender arrives", async () => {
    const engine = startFileEngine([folder()], systemClock);
    const result = engine.start(asks(["go"], 5000), "run", null);
    appendFileSync(join(folder(), "run.messages"), '{"key":"torn","topic":"go","va');
    await engine.send("run", "go", { yes: true }, "whole");
    expect(await result).toEqual([{ yes: true }]);
  });

  test("what was sent while nobody ran is there after the restart", async () => {
    openJournalFile([folder()], `run${runEnding}`).append({ type: "start", workflow: "asks", input: null });
    await startFileEngine([folder()], systemClock).send("run", "go", 1, "key");
    expect(await startFileEngine([folder()], systemClock).start(asks(["go"], 0), "run", null)).toEqual([1]);
  });
});

describe("ending", () => {
  test("a cancellation from another process aborts the step at work and is the end of the run", async () => {
    const begun = Promise.withResolvers<void>();
    const slow = threeSteps(async (_, __, signal) => {
      begun.resolve();
      await systemClock.sleep(10_000, signal);
    });
    const result = startFileEngine([folder()], systemClock).start(slow, "run", "");
    await begun.promise;
    await startFileEngine([folder()], systemClock).cancel("run");
    await expect(result).rejects.toMatchObject({ name: "AbortError" });
    await expect(startFileEngine([folder()], systemClock).start(slow, "run", "")).rejects.toMatchObject({ name: "AbortError" });
    expect(listUnfinishedRuns([folder()])).toEqual([]);
  });

  test("a stop is no outcome: the cut-off step is repeated by whoever goes on, even if it reported something", async () => {
    const begun = Promise.withResolvers<void>();
    const engine = startFileEngine([folder()], systemClock);
    const result = engine.start(
      threeSteps(async (_, __, signal) => {
        begun.resolve();
        return await systemClock.sleep(10_000, signal).catch(() => "cut off");
      }),
      "run",
      "",
    );
    result.catch(() => {});
    await begun.promise;
    await engine.stop();
    await expect(result).rejects.toMatchObject({ name: "AbortError" });
    const began: string[] = [];
    await startFileEngine([folder()], systemClock).start(
      threeSteps((name, isRepeat) => began.push(`${name} ${isRepeat}`)),
      "run",
      "",
    );
    expect(began).toEqual(["one true", "two false", "three false"]);
  });

  test("the error of a step and of a run is the same the second time", async () => {
    const engine = startFileEngine([folder()], systemClock);
    let tries = 0;
    const failing = threeSteps(() => {
      tries += 1;
      throw new RangeError("too far");
    });
    await expect(engine.start(failing, "run", "")).rejects.toMatchObject({ name: "RangeError", message: "too far" });
    await expect(engine.start(failing, "run", "")).rejects.toMatchObject({ name: "RangeError", message: "too far" });
    expect(tries).toBe(1);
  });

  test("the same id started twice at once is one run", async () => {
    const engine = startFileEngine([folder()], systemClock);
    const began: string[] = [];
    const workflow = threeSteps((name) => began.push(name));
    const [left, right] = await Promise.all([engine.start(workflow, "run", "a"), engine.start(workflow, "run", "b")]);
    expect(left).toEqual(right);
    expect(began).toEqual(["one", "two", "three"]);
  });
});
