import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { rigMissing } from "../../test/rig/availability.ts";
import { startLab, type BootedHost, type Lab } from "../../test/rig/booted-host.ts";
import { createMemory, lookOnce } from "../../test/probe-look.ts";
import { cronProbe } from "../probes/cron.ts";
import { serviceProbe } from "../probes/service.ts";
import { openHost, type Host } from "./host.ts";
import { openServiceControl } from "./service-control.ts";
import { watchUnits, type UnitEvent } from "./service-control-events.ts";

const missing = rigMissing();
const limitMs = 90_000;

describe.skipIf(missing)(missing === undefined ? "on a booted systemd over ssh" : `on a booted systemd (skipped: ${missing})`, () => {
  let lab: Lab;
  let server: BootedHost;
  let host: Host;
  /** The same server as an account that must use sudo. */
  let asEmergency: Host;
  const signal = new AbortController().signal;
  const limits = { signal, timeoutMs: 20_000 };
  const control = (unit: string, on = host) => openServiceControl(on, { manager: "systemd", unit });
  const look = (unit: string, memory = createMemory()) => lookOnce(serviceProbe, { unit }, { host, memory });

  beforeAll(async () => {
    lab = await startLab();
    server = await lab.bootHost({ name: "guarded", without: ["postgresql.service", "mariadb.service"] });
    host = openHost("guarded", { via: "ssh", target: server.sshTarget, configFile: server.sshConfigFile });
    asEmergency = openHost("guarded", { via: "ssh", target: `emergency@${server.sshTarget}`, configFile: server.sshConfigFile });
  }, limitMs);
  afterAll(async () => lab?.stop(), limitMs);

  const mainPid = async (unit: string): Promise<number> => (await control(unit).state(signal)).mainPid ?? 0;
  const writeUnit = async (name: string, text: string): Promise<void> => {
    await server.exec(["bash", "-c", `printf '%b' "$1" >/etc/systemd/system/${name} && systemctl daemon-reload`, "write", text]);
  };

  test(
    "a running unit, a killed one, a stopped one, a masked one and one that does not exist",
    async () => {
      expect(await look("nginx")).toMatchObject({ state: "ok" });
      await server.exec(["systemctl", "kill", "-s", "KILL", "nginx"]);
      expect(
        await vi.waitFor(async () => {
          const seen = await look("nginx");
          expect(seen.state).toBe("down");
          return seen;
        }, limitMs),
      ).toMatchObject({ cause: "service-down", isDefinite: true, message: { values: { result: "signal 9" } } });
      await server.exec(["systemctl", "mask", "--runtime", "nginx"]);
      expect(await look("nginx")).toMatchObject({ state: "down", message: { key: "service.masked" } });
      await expect(control("nginx").start(limits)).rejects.toMatchObject({ code: "service-failed" });
      await server.exec(["systemctl", "unmask", "--runtime", "nginx"]);
      expect(await look("no-such-thing")).toMatchObject({ state: "down", message: { key: "service.not-found" } });
      expect(await look("mysql.service")).toMatchObject({ state: "down" });
    },
    limitMs,
  );

  test(
    "an account without rights starts, stops and reloads by sudo",
    async () => {
      const { evidence } = await control("nginx.service", asEmergency).start(limits);
      expect(evidence).toContain("sudo -n");
      await control("nginx.service", asEmergency).start(limits);
      expect(await look("nginx")).toMatchObject({ state: "ok" });
      await control("nginx.service", asEmergency).reload(limits);
      await control("nginx.service", asEmergency).stop(limits);
      expect(await look("nginx")).toMatchObject({ state: "down", isDefinite: true });
      await control("nginx.service", asEmergency).restart(limits);
      expect(await look("nginx")).toMatchObject({ state: "ok" });
    },
    limitMs,
  );

  test(
    "a process held by SIGSTOP is hung",
    async () => {
      const pid = await mainPid("redis-server.service");
      await server.exec(["kill", "-STOP", String(pid)]);
      expect(await look("redis-server")).toMatchObject({ state: "down", message: { key: "service.hung" } });
      await server.exec(["kill", "-CONT", String(pid)]);
      expect(await look("redis-server")).toMatchObject({ state: "ok" });
    },
    limitMs,
  );

  test(
    "a unit that starts and dies again and again is flapping, and can be started though systemd had given up",
    async () => {
      await writeUnit(
        "flap.service",
        '[Service]\\nExecStart=/bin/sh -c "echo caller +49 30 1234567 lost; sleep 0.3; exit 3"\\nRestart=always\\nRestartSec=100ms\\nStartLimitIntervalSec=0\\n',
      );
      await server.exec(["systemctl", "start", "flap"]);
      const memory = createMemory();
      const seen = await vi.waitFor(
        async () => {
          const one = await look("flap", memory);
          expect(one.cause).toBe("service-flapping");
          return one;
        },
        { timeout: 30_000, interval: 500 },
      );
      expect(JSON.stringify(seen)).not.toContain("1234567");
      await server.exec(["systemctl", "stop", "flap"]);
      await writeUnit(
        "giveup.service",
        '[Unit]\\nStartLimitBurst=2\\nStartLimitIntervalSec=600\\n[Service]\\nType=oneshot\\nExecStart=/bin/sh -c "test -e /tmp/mended"\\nRemainAfterExit=yes\\n',
      );
      for (let turn = 0; turn < 3; turn += 1) await server.exec(["systemctl", "start", "giveup"]).catch(() => undefined);
      await server.exec(["touch", "/tmp/mended"]);
      await control("giveup.service").start(limits);
      expect(await look("giveup")).toMatchObject({ state: "ok" });
    },
    limitMs,
  );

  test(
    "a broken unit file and a program that is gone are named",
    async () => {
      await writeUnit("broken.service", "[Service]\\nType=simple\\n");
      expect(await look("broken")).toMatchObject({ state: "down", message: { key: "service.not-loadable" } });
      await writeUnit("gone.service", "[Service]\\nExecStart=/opt/not/there\\n");
      await control("gone.service")
        .start(limits)
        .catch(() => undefined);
      expect(await look("gone")).toMatchObject({ state: "down", isDefinite: true, message: { values: { result: "exit 203" } } });
    },
    limitMs,
  );

  test("systemd's own signals tell of a death at once, over ssh and by alias, and the watch survives a cut line", async () => {
    const abort = new AbortController();
    const events: (UnitEvent & { heardMs: number })[] = [];
    const watched = watchUnits(
      host,
      [
        { manager: "systemd", unit: "nginx.service" },
        { manager: "systemd", unit: "redis.service" },
      ],
      (event) => events.push({ ...event, heardMs: performance.now() }),
      abort.signal,
    );
    const heard = (what: UnitEvent["what"], unit: string, since = 0) =>
      events.slice(since).find((event) => event.what === what && event.address.manager === "systemd" && event.address.unit === unit);
    await vi.waitFor(() => expect(heard("began", "redis.service")).toBeDefined(), limitMs);
    const delays: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      await control("nginx.service").restart(limits);
      const pid = await mainPid("nginx.service");
      const since = events.length;
      const killedMs = performance.now();
      await server.exec(["kill", "-9", String(pid)]);
      const event = await vi.waitFor(
        () => {
          const one = heard("changed", "nginx.service", since);
          expect(one).toBeDefined();
          return one;
        },
        { timeout: 5_000, interval: 5 },
      );
      delays.push(Math.round((event?.heardMs ?? 0) - killedMs));
    }
    expect(delays.toSorted((left, right) => left - right)[2]).toBeLessThan(1_000);
    // Killed as a unit: systemd starts redis again at once, and the alias is heard all the same.
    const since = events.length;
    await server.exec(["systemctl", "kill", "-s", "KILL", "redis-server"]);
    await vi.waitFor(() => expect(heard("changed", "redis.service", since)).toBeDefined(), 5_000);
    await server.cutLink();
    await vi.waitFor(() => expect(heard("lost", "nginx.service")).toBeDefined(), 30_000);
    const cut = events.length;
    await server.joinLink();
    await vi.waitFor(() => expect(heard("began", "nginx.service", cut)).toBeDefined(), 40_000);
    abort.abort();
    await watched;
  }, 120_000);

  test(
    "the local bus is heard by its socket",
    async () => {
      vi.stubEnv("DBUS_SYSTEM_BUS_ADDRESS", `unix:path=/proc/${server.leaderPid}/root/run/dbus/system_bus_socket`);
      const abort = new AbortController();
      const events: UnitEvent[] = [];
      // The bus is that server's; the names are asked over ssh.
      const local: Host = { ...host, isLocal: true };
      await control("nginx.service").restart(limits);
      const watched = watchUnits(local, [{ manager: "systemd", unit: "nginx.service" }], (event) => events.push(event), abort.signal);
      await vi.waitFor(() => expect(events.some(({ what }) => what === "began")).toBe(true), 10_000);
      const delays: number[] = [];
      for (let turn = 0; turn < 5; turn += 1) {
        await control("nginx.service").restart(limits);
        const pid = await mainPid("nginx.service");
        await new Promise((resolve) => setTimeout(resolve, 100));
        const since = events.length;
        const killedAt = Date.now();
        process.kill(await hostPid(pid), "SIGKILL");
        await vi.waitFor(() => expect(events.length).toBeGreaterThan(since), { timeout: 5_000, interval: 5 });
        delays.push((events[since]?.at ?? 0) - killedAt);
      }
      vi.unstubAllEnvs();
      expect(delays.toSorted((left, right) => left - right)[2]).toBeLessThan(500);
      abort.abort();
      await watched;
    },
    limitMs,
  );

  async function hostPid(pid: number): Promise<number> {
    const { readdirSync, readFileSync } = await import("node:fs");
    const found = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .find((name) => {
        try {
          const status = readFileSync(`/proc/${name}/status`, "utf8");
          return new RegExp(`^NSpid:.*\\b${pid}$`, "m").test(status) && /^Name:\s+nginx$/m.test(status);
        } catch {
          return false;
        }
      });
    return Number(found ?? -1);
  }

  test(
    "timers whose unit failed or is gone are found, the server's own tables are fine",
    async () => {
      expect(await lookOnce(cronProbe, {}, { host })).toMatchObject({ state: "ok" });
      await writeUnit("night.timer", "[Timer]\\nOnCalendar=daily\\n");
      await writeUnit("night.service", "[Service]\\nType=oneshot\\nExecStart=/bin/false\\n");
      await server.exec(["systemctl", "start", "night.timer"]);
      await server.exec(["systemctl", "start", "night.service"]).catch(() => undefined);
      expect(await lookOnce(cronProbe, {}, { host })).toMatchObject({
        state: "down",
        cause: "cron-broken",
        message: { key: "cron.timer-failed", values: { unit: "night.service", result: "exit-code 1" } },
      });
      await writeUnit("night.service", "[Service]\\nType=oneshot\\nExecStart=/opt/gone\\n");
      await server.exec(["systemctl", "reset-failed", "night.service"]);
      expect(await lookOnce(cronProbe, {}, { host })).toMatchObject({
        state: "down",
        message: { key: "cron.timer-target", values: { name: "/opt/gone" } },
      });
      expect(await lookOnce(cronProbe, {}, { host: asEmergency })).toMatchObject({
        evidence: expect.stringContaining("/var/spool/cron/crontabs"),
      });
    },
    limitMs,
  );
});
