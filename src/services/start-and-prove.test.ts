import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openHost } from "../integrations/host.ts";
import { openServiceControl } from "../integrations/service-control.ts";
import type { ServiceControl } from "../integrations/service-control-contract.ts";
import { diagnoseBeforeStart, findConfigurationTest, findDiskBlockers } from "./diagnose-before-start.ts";
import { startAndProve } from "./start-and-prove.ts";

const host = openHost("here", { via: "local" });
const signal = new AbortController().signal;
let folder = "";
let opened: ServiceControl[] = [];

const serve = "require('node:http').createServer((q, s) => s.end('ok')).listen(process.argv[1], '127.0.0.1')";
const open = (...start: string[]): ServiceControl => {
  const control = openServiceControl(host, { manager: "process", pidFile: join(folder, "it.pid"), start, cwd: folder });
  opened.push(control);
  return control;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel-prove-"));
  opened = [];
});
afterEach(async () => {
  for (const control of opened) await control.stop({ signal, timeoutMs: 5_000 });
  rmSync(folder, { recursive: true });
});

async function listen(port = 0): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}
async function freePort(): Promise<number> {
  const server = await listen();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("a service that becomes ready and stays is up, with its durations", async () => {
  const port = await freePort();
  const heard: number[] = [];
  const proven = await startAndProve(
    host,
    open(process.execPath, "-e", serve, String(port)),
    { port, url: `http://127.0.0.1:${port}/`, command: ["true"] },
    { signal, settleMs: 600, onReady: (readyMs) => heard.push(readyMs) },
  );
  expect(proven).toMatchObject({ isUp: true, stage: "up", readyMs: heard[0] });
  expect(proven.provenMs).toBeGreaterThanOrEqual((proven.readyMs ?? 0) + 600);
});

test("a service that dies a while after it was ready is not up", async () => {
  const proven = await startAndProve(host, open("bash", "-c", "sleep 1.2; echo out of luck >&2; exit 3"), {}, { signal, settleMs: 3_000 });
  expect(proven).toMatchObject({ isUp: false, stage: "settle", what: { key: "service.did-not-stay" } });
  expect(proven.evidence).toContain("out of luck");
});

test("a service that never opens its port is not ready, and one that ends at once is told as such", async () => {
  const port = await freePort();
  expect(await startAndProve(host, open("sleep", "66"), { port }, { signal, readyWithinMs: 1_200, settleMs: 100 })).toMatchObject({
    isUp: false,
    stage: "ready",
  });
  await opened[0]?.stop({ signal, timeoutMs: 5_000 });
  const ended = await startAndProve(host, open("false"), {}, { signal, settleMs: 300 });
  expect(ended.isUp).toBe(false);
});

test("a port that another program holds does not make a dead service ready", async () => {
  const stranger = await listen();
  const { port } = stranger.address() as AddressInfo;
  const proven = await startAndProve(host, open(process.execPath, "-e", serve, String(port)), { port }, { signal, settleMs: 1_500 });
  expect(proven.isUp).toBe(false);
  await new Promise((resolve) => stranger.close(resolve));
});

test("a hung service is replaced by a restart and proven", async () => {
  const port = await freePort();
  const control = open(process.execPath, "-e", serve, String(port));
  await startAndProve(host, control, { port }, { signal, settleMs: 100 });
  const hung = Number(readFileSync(join(folder, "it.pid"), "utf8"));
  process.kill(hung, "SIGSTOP");
  const proven = await startAndProve(host, control, { url: `http://127.0.0.1:${port}/` }, { signal, verb: "restart", settleMs: 300 });
  expect(proven.isUp).toBe(true);
  expect(Number(readFileSync(join(folder, "it.pid"), "utf8"))).not.toBe(hung);
});

test("an abort ends the wait at once", async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 300);
  const startedMs = performance.now();
  await expect(startAndProve(host, open("sleep", "67"), { port: 1 }, { signal: abort.signal })).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(3_000);
});

test("before a start: what is full, read-only or broken forbids it; what happened last is told", async () => {
  expect(
    findDiskBlockers(
      "DISK 999999999999 999 9999 rw,relatime /\nDISK 5 999 9999 rw /var\nDISK 999999999999 0 0 rw /btrfs\nDISK 999999999999 5 9999 rw /tmp\nDISK 1 1 1 ro /boot\nDISK 1 1 1 ro /boot",
    ).map(({ key }) => key),
  ).toEqual(["service.disk-full", "service.inodes-full", "disk.read-only"]);
  expect(findConfigurationTest("php8.3-fpm.service")[1]).toBe("8.3");
  expect(findConfigurationTest("nginx.service")[0]).toContain("nginx -t");
  expect(findConfigurationTest("worker")).toEqual(["", ""]);
  const diagnosis = await diagnoseBeforeStart(host, open("sleep", "68"), { signal });
  expect(diagnosis.blockers.filter(({ key }) => !key.startsWith("disk") && !key.startsWith("service.disk"))).toEqual([]);
  expect(diagnosis.evidence).toContain("Why=absent");
});

test("a configuration that its own program refuses forbids the start, with the program's reason", async () => {
  writeFileSync(
    join(folder, "nginx"),
    "#!/bin/sh\necho 'nginx: [emerg] unknown directive \"servr\" in /etc/nginx/nginx.conf:3' >&2\necho 'nginx: configuration file test failed' >&2\nexit 1\n",
    { mode: 0o755 },
  );
  const before = process.env["PATH"];
  process.env["PATH"] = `${folder}:${before}`;
  const control = openServiceControl(host, { manager: "process", pidFile: join(folder, "nginx.pid"), start: ["sleep", "69"] });
  const diagnosis = await diagnoseBeforeStart(host, control, { signal });
  process.env["PATH"] = before;
  expect(diagnosis.blockers).toMatchObject([
    { key: "service.configuration-broken", values: { reason: expect.stringContaining("unknown directive") } },
  ]);
});
