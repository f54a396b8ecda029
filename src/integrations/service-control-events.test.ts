import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { hasSshd, startSshd } from "../../test/sshd.ts";
import { openHost, type Host } from "./host.ts";
import { openServiceControl } from "./service-control.ts";
import type { ServiceAddress } from "./service-control-contract.ts";
import { watchUnits, type UnitEvent } from "./service-control-events.ts";

const here = openHost("here", { via: "local" });
const signal = new AbortController().signal;
const limits = { signal, timeoutMs: 10_000 };
let folder = "";
let addresses: Extract<ServiceAddress, { manager: "process" }>[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel events-"));
  addresses = ["one", "two"].map((name) => ({ manager: "process", pidFile: join(folder, `${name}.pid`), start: ["sleep", "71"] }));
});
afterEach(async () => {
  for (const address of addresses) await openServiceControl(here, address).stop(limits);
  rmSync(folder, { recursive: true });
});

const pidOf = (index: number): number => Number(readFileSync(addresses[index]?.pidFile ?? "", "utf8"));

/** Watches both services of a host; `next` waits for an event about the second one and gives the delay since the call. */
async function watchBoth(
  host: Host,
): Promise<{ next(what: UnitEvent["what"], act?: () => void): Promise<number>; events: UnitEvent[]; stop(): Promise<void> }> {
  const abort = new AbortController();
  const events: UnitEvent[] = [];
  const watched = watchUnits(host, addresses, (event) => events.push(event), abort.signal);
  await vi.waitFor(() => expect(events.filter(({ what }) => what === "began")).toHaveLength(2), { timeout: 10_000, interval: 10 });
  return {
    events,
    next: async (what, act = () => {}) => {
      const since = events.length;
      const startedAt = Date.now();
      act();
      const event = await vi.waitFor(
        () => {
          const found = events.slice(since).find((one) => one.what === what && one.address === addresses[1]);
          expect(found).toBeDefined();
          return found;
        },
        { timeout: 20_000, interval: 5 },
      );
      return (event?.at ?? 0) - startedAt;
    },
    stop: async () => {
      abort.abort();
      await watched;
    },
  };
}

test("a local process is heard when it is killed, stopped, continued and replaced, within a quarter second", async () => {
  for (const address of addresses) await openServiceControl(here, address).start(limits);
  const watch = await watchBoth(here);
  const delays = [
    await watch.next("changed", () => process.kill(pidOf(1), "SIGSTOP")),
    await watch.next("changed", () => process.kill(pidOf(1), "SIGCONT")),
    await watch.next("changed", () => process.kill(pidOf(1), "SIGKILL")),
  ];
  const back = watch.next("changed");
  await openServiceControl(here, addresses[1] ?? { manager: "process", pidFile: "", start: [] }).start(limits);
  await back;
  expect(delays.toSorted((left, right) => left - right)[1]).toBeLessThan(250);
  expect(watch.events.filter(({ address, what }) => address === addresses[0] && what === "changed")).toEqual([]);
  await watch.stop();
});

test("watching a hundred processes costs less than a tenth of a core", async () => {
  await openServiceControl(here, addresses[0] ?? { manager: "process", pidFile: "", start: [] }).start(limits);
  const many = Array.from({ length: 100 }, () => ({
    ...addresses[0],
    manager: "process" as const,
    pidFile: addresses[0]?.pidFile ?? "",
    start: ["sleep"],
  }));
  const abort = new AbortController();
  const watched = watchUnits(here, many, () => {}, abort.signal);
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const used = process.cpuUsage(before);
  expect((used.user + used.system) / 1_500_000).toBeLessThan(0.1);
  abort.abort();
  await watched;
});

test("without systemd the watch says that it is lost, and ends with its signal", async () => {
  const abort = new AbortController();
  const events: UnitEvent[] = [];
  vi.stubEnv("DBUS_SYSTEM_BUS_ADDRESS", `unix:path=${folder}/no-bus`);
  const watched = watchUnits(here, [{ manager: "systemd", unit: "nginx.service" }], (event) => events.push(event), abort.signal);
  await vi.waitFor(() => expect(events.map(({ what }) => what)).toEqual(["lost"]), { timeout: 10_000 });
  expect(events[0]?.reason).toBeTruthy();
  abort.abort();
  await watched;
  vi.unstubAllEnvs();
});

describe.skipIf(!hasSshd)("over a real ssh (scripts/install-test-services.sh brings sshd)", () => {
  test("a death is heard on the held line; when the line is cut it says so, and takes it up again", async () => {
    const sshd = await startSshd();
    for (const address of addresses) await openServiceControl(here, address).start(limits);
    const watch = await watchBoth(sshd.host);
    const stopped = await watch.next("changed", () => process.kill(pidOf(1), "SIGSTOP"));
    const killed = await watch.next("changed", () => process.kill(pidOf(1), "SIGKILL"));
    expect(Math.min(stopped, killed)).toBeLessThan(1_000);
    const lost = watch.next("lost");
    await sshd.kill();
    await lost;
    const again = watch.next("began");
    await sshd.restart();
    await again;
    await watch.stop();
    await sshd.close();
  }, 40_000);
});
