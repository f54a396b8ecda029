import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMemory, createMovedClock, lookOnce } from "../../test/probe-look.ts";
import { openHost, type Host } from "../integrations/host.ts";
import { openServiceControl, serviceAddressSchema } from "../integrations/service-control.ts";
import type { ServiceState } from "../integrations/service-control-contract.ts";
import { parseUnitState } from "../integrations/systemd.ts";
import { findProbeKind } from "./catalogue.ts";
import { afterLook, judgeService, serviceProbe } from "./service.ts";

const limit = { restarts: 3, windowMs: 600_000 };
const running: ServiceState = {
  isRunning: true,
  isChanging: false,
  isHung: false,
  mainPid: 7,
  isMasked: false,
  isEnabled: true,
  loadState: "loaded",
  raw: "",
  lastLines: [],
};
const dead: ServiceState = { ...running, isRunning: false, result: "exit-code", lastExit: "exit 3" };

test.each<[string, ServiceState, number, object]>([
  ["running", running, 0, { state: "ok" }],
  ["dead", dead, 0, { state: "down", cause: "service-down", isDefinite: true }],
  ["stopped by SIGSTOP", { ...running, isHung: true }, 0, { state: "down", cause: "service-down", isDefinite: true }],
  ["between two restarts", { ...dead, isChanging: true }, 0, { state: "down", cause: "service-down" }],
  ["restarting for the third time", { ...dead, isChanging: true }, 3, { state: "down", cause: "service-flapping" }],
  ["up again after the third restart", running, 3, { state: "degraded", cause: "service-flapping" }],
  [
    "masked",
    { ...dead, isMasked: true, loadState: "masked" },
    0,
    { state: "down", cause: "service-down", message: { key: "service.masked" } },
  ],
  ["unknown to the manager", { ...dead, loadState: "not-found" }, 0, { state: "down", message: { key: "service.not-found" } }],
  ["with a broken unit file", { ...dead, loadState: "bad-setting" }, 0, { state: "down", message: { key: "service.not-loadable" } }],
  ["a finished task", { ...dead, isAtRest: true }, 0, { state: "ok" }],
])("a service that is %s", (_, state, restarts, wanted) => {
  expect(judgeService("it", state, restarts, limit)).toMatchObject(wanted);
});

test("what is between two automatic restarts is not definite: it may be up before anybody reads this", () => {
  expect(judgeService("it", { ...dead, isChanging: true }, 0, limit).isDefinite).toBeUndefined();
});

test("restarts are counted by the manager's count or by a new pid, and forgotten after the window", () => {
  let memory = afterLook(undefined, { ...running, restarts: 40 }, 0, 600_000);
  expect(memory.times).toHaveLength(0);
  memory = afterLook(memory, { ...running, mainPid: 8, restarts: 42 }, 1_000, 600_000);
  expect(memory.times).toHaveLength(2);
  // Started by hand: the manager counts from 0, the pid still tells of one.
  memory = afterLook(memory, { ...running, mainPid: 9, restarts: 0 }, 2_000, 600_000);
  expect(memory.times).toHaveLength(3);
  const { mainPid: _, ...gone } = dead;
  memory = afterLook(memory, gone, 3_000, 600_000);
  expect(memory).toMatchObject({ pid: 9 });
  expect(afterLook(memory, { ...running, mainPid: 10 }, 4_000, 600_000).times).toHaveLength(4);
  expect(afterLook(memory, { ...running, mainPid: 9 }, 700_000, 600_000).times).toHaveLength(0);
});

test("what systemctl prints is read: main process, exit, mask, times", () => {
  const printed = [
    "Type=notify",
    "Result=exit-code",
    "NRestarts=3",
    "ExecMainCode=1",
    "ExecMainStatus=203",
    "MainPID=0",
    "Id=it.service",
    "LoadState=loaded",
    "ActiveState=activating",
    "SubState=auto-restart",
    "UnitFileState=enabled",
    "StateChangeTimestamp=@1700000000",
    "Line=call +49 30 1234567 failed",
  ].join("\n");
  expect(parseUnitState(printed)).toMatchObject({
    isRunning: false,
    isChanging: true,
    restarts: 3,
    lastExit: "exit 203",
    since: 1_700_000_000_000,
    isEnabled: true,
    lastLines: ["call +49 30 1234567 failed"],
  });
  expect(parseUnitState("LoadState=masked\nActiveState=inactive").isMasked).toBe(true);
  expect(parseUnitState("ActiveState=active\nMainPID=5\nProcessStat=5 (a) b (T) R) T 1 2").isHung).toBe(true);
});

test.each([
  ["backup", { folder: "/x" }],
  ["clock-offset", {}],
  ["cron", {}],
  ["disk", { path: "/" }],
  ["load", {}],
  ["log-errors", { file: "/x" }],
  ["memory", {}],
  ["release", { running: { file: "/x" }, deployed: { file: "/y" } }],
  ["service", { unit: "nginx" }],
])("a host that never answers leaves %s unknown, and so does one that is not there", async (kind, fields) => {
  const probeKind = findProbeKind(kind);
  if (probeKind === undefined) throw new Error(`${kind} is not in the catalogue`);
  const never = (): Promise<never> => new Promise(() => {});
  const silent: Host = { name: "silent", isLocal: false, run: never, script: never };
  expect(await lookOnce(probeKind, fields, { host: silent, deadlineMs: 50 })).toMatchObject({ state: "unknown" });
  const gone = openHost("gone", { via: "ssh", target: "gone.invalid" });
  expect(await lookOnce(probeKind, fields, { host: gone })).toMatchObject({ state: "unknown", message: { key: "host.not-reached" } });
});

test("an address names exactly one manager", () => {
  expect(serviceAddressSchema.parse({ unit: "nginx" })).toEqual({ manager: "systemd", unit: "nginx.service" });
  expect(serviceAddressSchema.parse({ supervisor: "worker" })).toEqual({ manager: "supervisor", program: "worker" });
  expect(serviceAddressSchema.parse({ process: { pidFile: "/run/it.pid", start: ["it"] } })).toEqual({
    manager: "process",
    pidFile: "/run/it.pid",
    start: ["it"],
  });
  for (const bad of [
    {},
    { unit: "a", supervisor: "b" },
    { unit: "-p" },
    { unit: "a b" },
    { process: { pidFile: "it.pid", start: ["it"] } },
  ]) {
    expect(serviceAddressSchema.safeParse(bad).success).toBe(false);
  }
});

test("a real process: up, hung, killed, and flapping after the third new pid", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ampel-service-"));
  const pidFile = join(folder, "it.pid");
  const start = ["bash", "-c", "echo call from +49 30 1234567 >&2; exec sleep 64"];
  const control = openServiceControl(openHost("here", { via: "local" }), { manager: "process", pidFile, start });
  const limits = { signal: new AbortController().signal, timeoutMs: 10_000 };
  const given = { memory: createMemory(), clock: createMovedClock() };
  const look = () => lookOnce(serviceProbe, { process: { pidFile, start } }, given);
  try {
    expect(await look()).toMatchObject({ state: "down", isDefinite: true });
    await control.start(limits);
    expect(await look()).toMatchObject({ state: "ok" });
    process.kill(Number(readFileSync(pidFile, "utf8")), "SIGSTOP");
    await expect.poll(async () => (await look()).message.key, { timeout: 5_000 }).toBe("service.hung");
    for (let turn = 0; turn < 3; turn += 1) {
      await control.restart(limits);
      await look();
    }
    expect(await look()).toMatchObject({ state: "degraded", cause: "service-flapping" });
    given.clock.advance(700_000);
    expect(await look()).toMatchObject({ state: "ok" });
    await control.stop(limits);
    const seen = await look();
    expect(seen).toMatchObject({ state: "down", cause: "service-down", isDefinite: true });
    expect(seen.evidence).toContain("call from [phone]");
  } finally {
    await control.stop(limits);
    rmSync(folder, { recursive: true });
  }
});
