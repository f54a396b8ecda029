import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Cause, Zone } from "../probes/cause.ts";
import { findPlaybook, findPlaybooks, loadCatalogue } from "./catalogue.ts";
import { formatPlaybook } from "./format.ts";
import { knownCommands } from "./known-commands.test-support.ts";
import { lintPlaybook } from "./lint.ts";
import { isInProcess, withoutParameters } from "./parameters.ts";
import { parsePlaybook } from "./parse.ts";
import { planRun } from "./plan.ts";
import { blocksOf } from "./playbook.ts";
import { readLikeRunme, saveLikeRunme } from "./runme-rules.test-support.ts";

const folder = fileURLToPath(new URL("../../playbooks", import.meta.url));
const catalogue = await loadCatalogue([folder]);
const playbooks = catalogue.playbooks.map((playbook) => [playbook.path.slice(folder.length + 1), playbook] as const);

test("all shipped playbooks are there and none has a problem", () => {
  expect(catalogue.problems).toEqual([]);
  expect(playbooks.map(([name]) => name).sort()).toEqual([
    "green/calls-failing.md",
    "green/system-slow.md",
    "red/disk-full.md",
    "red/service-down.md",
    "red/service-hung.md",
    "return/calcom-sync-failed.md",
    "return/calls-failing.md",
    "return/disk-full.md",
    "return/retell-unreachable.md",
    "return/webhooks-missing.md",
    "yellow/calcom-sync-failed.md",
    "yellow/retell-unreachable.md",
    "yellow/webhooks-missing.md",
  ]);
  expect(findPlaybook(catalogue, "return/disk-full").id).toBe("disk-full-return");
});

test.each(playbooks)("%s passes every rule on the day before its review", (path, { text, reviewBy }) => {
  const playbookIds = new Set(catalogue.playbooks.map(({ id }) => id));
  expect(lintPlaybook(text, path, { commands: knownCommands, now: Date.parse(reviewBy) - 86_400_000, playbookIds })).toEqual([]);
});

test.each(playbooks)("%s comes back unchanged from a save in Runme and from fmt", (path, { text, hash }) => {
  expect(saveLikeRunme(text)).toBe(text);
  expect(formatPlaybook(text)).toBe(text);
  expect(parsePlaybook(saveLikeRunme(text.replaceAll('"risk":', '"id":"01HF7BT3HEQB","risk":')), path).playbook?.hash).toBe(hash);
});

test.each(playbooks)("Run All in %s only looks", (_, { steps, notes }) => {
  const runAll = [...steps.flatMap(blocksOf), ...notes].filter((block) => block.attributes["excludeFromRunAll"] !== "true");
  expect(runAll.filter((block) => block.risk !== "read")).toEqual([]);
});

test.each(playbooks)("every block of %s that needs a shell is one that bash can read", (_, { steps, notes }) => {
  for (const block of [...steps.flatMap(blocksOf), ...notes]) execFileSync("bash", ["-n"], { input: block.body });
  for (const block of steps.flatMap(blocksOf).filter((candidate) => !isInProcess(candidate))) {
    // They only look at the disk: run here, they say yes or no and nothing else.
    const state = runHere(withoutParameters(block));
    expect([0, 1]).toContain(state);
  }
});

function runHere(script: string): number | null {
  try {
    execFileSync("bash", ["-euo", "pipefail", "-c", script], { stdio: "pipe" });
    return 0;
  } catch (error) {
    return (error as { status: number | null }).status;
  }
}

test.each(playbooks)("%s can be planned within its zone's minutes, and not without a subject", (_, playbook) => {
  const request = {
    subjectHost: "web1",
    cause: "service-down",
    zone: playbook.zone,
    parameters: {},
    hosts: new Set(["web1"]),
    budgetMs: playbook.rtoMs,
    authority: { level: "act", drilledDanger: [] },
  } as const;
  expect(planRun(playbook, { ...request, subject: "shop" }).refusals).toEqual([]);
  // A playbook for one vendor knows its subject; every other one needs to be told.
  if (!playbook.text.includes("${AMPEL_SUBJECT:-}")) return;
  expect(planRun(playbook, { ...request, subject: "" }).refusals.map(({ key }) => key)).toContain("playbook.plan.parameter-missing");
});

test("the causes of the known emergencies find their playbook", () => {
  const idsFor = (cause: Cause, zone: Zone, subject = "app"): string[] =>
    findPlaybooks(catalogue.playbooks, { cause, subject, zone }).map(({ id }) => id);
  expect(idsFor("service-down", "red")).toEqual(["service-down"]);
  expect(idsFor("disk-full", "yellow")).toEqual(["disk-full"]);
  expect(idsFor("unreachable", "red")).toEqual(["service-hung"]);
  expect(idsFor("slow-response", "green")).toEqual(["system-slow"]);
  expect(idsFor("data-loss", "red")).toEqual([]);
  expect(idsFor("vendor-down", "yellow", "retell")).toEqual(["retell-unreachable"]);
  expect(idsFor("vendor-down", "yellow", "calcom")).toEqual(["calcom-sync-failed"]);
  expect(idsFor("webhooks-missing", "yellow", "retell")).toEqual(["webhooks-missing"]);
  expect(idsFor("calls-failing", "green", "retell")).toEqual(["calls-failing"]);
});

test.each([
  ['sh {"name":"check-db","risk":"read","timeout":"10s"}', { name: "check-db", risk: "read", timeout: "10s" }],
  ["sh { name=check-db risk=read timeout=10s }", { name: "check-db", risk: "read", timeout: "10s" }],
  ['sh {"name":"a","retries":3,"sudo":true}', { name: "a", retries: "3", sudo: "true" }],
  ['sh { name=x desc="two words" }', { name: "x", desc: '"two', 'words"': "" }],
  ['sh title="x" {"name":"a"}', { name: "a" }],
])("Runme reads %s as the compatibility table says", (info, attributes) => {
  expect(readLikeRunme(info)).toEqual(attributes);
});

test.each(['sh {"name":"a","retry":{"max":3}}', 'sh {"name":"a","if":"${X}"}'])("Runme loses the name in %s", (info) => {
  expect(readLikeRunme(info)["name"]).toBeUndefined();
});

test("the source playbook would not survive as a playbook: it is refused before anything runs", () => {
  const source = readFileSync(new URL("../../test/fixtures/source-playbook/source-playbook.md", import.meta.url), "utf8");
  expect(parsePlaybook(source, "source.md").playbook).toBeUndefined();
});

test("the commands that lint takes for known are those of the command table", async () => {
  const { commandTable } = await import("../cli/table.ts");
  for (const { name, isWriting = false } of knownCommands) expect([name, commandTable[name]?.isChanging]).toEqual([name, isWriting]);
});
