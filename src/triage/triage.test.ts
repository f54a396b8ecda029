import { expect, test } from "vitest";
import { message } from "../kernel/message.ts";
import type { Cause, Zone } from "../probes/cause.ts";
import type { Probe, ProbeResult } from "../probes/probe.ts";
import type { ProbeHistory } from "./damping.ts";
import { decideExitCode, decidePicture } from "./triage.ts";

function probe(id: string, given: Partial<Probe> = {}): Probe {
  return { id, kind: "tcp", spec: {}, host: "local", subject: id, dependsOn: [], everyMs: 1000, deadlineMs: 1000, ...given };
}

function bad(probeId: string, cause: Cause, state: "down" | "degraded" = "down"): [string, ProbeHistory] {
  const raised: ProbeResult = { probeId, state, cause, at: 10, durationMs: 1, message: message("probe.interrupted") };
  return [probeId, { recent: [raised], raised, since: 10 }];
}

function good(probeId: string): [string, ProbeHistory] {
  return [probeId, { recent: [{ probeId, state: "ok", at: 10, durationMs: 1, message: message("probe.interrupted") }] }];
}

function blind(probeId: string): [string, ProbeHistory] {
  return [probeId, { recent: [{ probeId, state: "unknown", at: 10, durationMs: 1, message: message("probe.interrupted") }] }];
}

test("a dead database mutes the application and the worker that stand on it, through every floor", () => {
  const probes = [probe("mariadb"), probe("php", { dependsOn: ["mariadb"] }), probe("web", { dependsOn: ["php"] })];
  const picture = decidePicture(probes, new Map([bad("mariadb", "service-down"), bad("php", "http-error"), bad("web", "unreachable")]), 20);
  expect(picture.findings.map(({ subject, mutedBy }) => [subject, mutedBy])).toEqual([
    ["mariadb", undefined],
    ["php", "mariadb"],
    ["web", "mariadb"],
  ]);
});

test("a slow database excuses nobody", () => {
  const probes = [probe("mariadb"), probe("worker", { dependsOn: ["mariadb"] })];
  const picture = decidePicture(probes, new Map([bad("mariadb", "slow-response", "degraded"), bad("worker", "service-down")]), 20);
  expect(picture.findings.every(({ mutedBy }) => mutedBy === undefined)).toBe(true);
});

test("two services that depend on each other do not mute each other away", () => {
  const probes = [probe("one", { dependsOn: ["two"] }), probe("two", { dependsOn: ["one"] })];
  const picture = decidePicture(probes, new Map([bad("one", "service-down"), bad("two", "service-down")]), 20);
  expect(picture.zone).toBe("red");
});

test("what a stopped service looks like from outside is the same cause, not a second one", () => {
  const probes = [probe("service.app", { subject: "app" }), probe("app-health", { subject: "app" })];
  const picture = decidePicture(probes, new Map([bad("service.app", "service-down"), bad("app-health", "unreachable")]), 20);
  expect(picture.findings.filter(({ mutedBy }) => mutedBy === undefined).map(({ cause }) => cause)).toEqual(["service-down"]);
});

test("two probes with one cause and subject are one finding that names both", () => {
  const probes = [probe("a", { subject: "web" }), probe("b", { subject: "web" })];
  const picture = decidePicture(probes, new Map([bad("a", "http-error", "degraded"), bad("b", "http-error")]), 20);
  expect(picture.findings).toHaveLength(1);
  expect(picture.findings[0]).toMatchObject({ zone: "red", probeIds: ["a", "b"] });
});

test.each<[Cause, "down" | "degraded", Zone | undefined, Zone]>([
  ["service-down", "down", undefined, "red"],
  ["service-down", "degraded", undefined, "yellow"],
  ["backup-stale", "down", undefined, "yellow"],
  ["backup-stale", "degraded", undefined, "green"],
  ["slow-response", "degraded", undefined, "green"],
  ["slow-response", "down", "red", "red"],
])("%s, %s, with zone %s in the configuration is %s", (cause, state, zone, expected) => {
  const picture = decidePicture([probe("a", zone === undefined ? {} : { zone })], new Map([bad("a", cause, state)]), 20);
  expect(picture.zone).toBe(expected);
});

test.each([
  [[good("a"), good("b")], [], 0],
  [[good("a"), blind("b")], [], 10],
  [[blind("a"), blind("b")], [], 13],
  [[bad("a", "slow-response"), blind("b")], [], 10],
  [[bad("a", "backup-stale"), good("b")], [], 11],
  [[bad("a", "data-loss"), bad("b", "slow-response")], [], 12],
  [[bad("a", "data-loss"), good("b")], [message("blind.network")], 13],
])("the exit code tells what remains (row %#)", (histories, blindness, expected) => {
  const picture = decidePicture([probe("a"), probe("b")], new Map(histories), 20, blindness);
  expect(decideExitCode(picture)).toBe(expected);
});

test("the blind judge nobody", () => {
  expect(decidePicture([probe("a")], new Map([bad("a", "data-loss")]), 20, [message("blind.network")]).findings).toEqual([]);
});
