import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rigMissing } from "../../test/rig/availability.ts";
import { startLab, type BootedHost, type Lab } from "../../test/rig/booted-host.ts";
import { createMemory, lookOnce } from "../../test/probe-look.ts";
import { listChanges } from "../changes/list-changes.ts";
import { openHost, type Host } from "../integrations/host.ts";
import { openServiceControl } from "../integrations/service-control.ts";
import type { ServiceControl } from "../integrations/service-control-contract.ts";
import { diskProbe } from "../probes/disk.ts";
import { serviceProbe } from "../probes/service.ts";
import { diagnoseBeforeStart } from "./diagnose-before-start.ts";
import { startAndProve } from "./start-and-prove.ts";

const missing = rigMissing();
const limitMs = 90_000;

describe.skipIf(missing)(
  missing === undefined ? "services of a booted server" : `services of a booted server (skipped: ${missing})`,
  () => {
    let lab: Lab;
    let server: BootedHost;
    let host: Host;
    const signal = new AbortController().signal;
    const control = (unit: string): ServiceControl => openServiceControl(host, { manager: "systemd", unit });
    const sh = (text: string) => server.exec(["bash", "-c", text]);

    beforeAll(async () => {
      lab = await startLab();
      server = await lab.bootHost({ name: "guarded", without: ["postgresql.service"] });
      host = openHost("guarded", { via: "ssh", target: `emergency@${server.sshTarget}`, configFile: server.sshConfigFile });
    }, limitMs);
    afterAll(async () => lab?.stop(), limitMs);

    test(
      "nginx killed is started again and proven by its port, its page and a command",
      async () => {
        await sh("systemctl kill -s KILL nginx");
        const nginx = control("nginx.service");
        expect(await diagnoseBeforeStart(host, nginx, { signal })).toMatchObject({ blockers: [], remarks: [{ key: "service.last-exit" }] });
        const proven = await startAndProve(
          host,
          nginx,
          { port: 80, url: "http://127.0.0.1/", command: ["test", "-d", "/run"] },
          { signal, settleMs: 1_000 },
        );
        expect(proven).toMatchObject({ isUp: true, stage: "up" });
      },
      limitMs,
    );

    test(
      "nginx, sshd, php-fpm and mariadb: a broken configuration forbids the start and is named",
      async () => {
        const cases = [
          ["nginx.service", "/etc/nginx/conf.d/broken.conf", "servr {}", "servr"],
          ["ssh.service", "/etc/ssh/sshd_config.d/zz.conf", "NoSuchOption yes", "NoSuchOption"],
          ["php8.2-fpm.service", "/etc/php/8.2/fpm/pool.d/zz.conf", "[zz]\nno_such = 1", "no_such"],
          ["mariadb.service", "/etc/mysql/mariadb.conf.d/zz.cnf", "[mysqld]\nno_such_option=1", "no_such_option"],
        ] as const;
        for (const [unit, file, text, named] of cases) {
          expect((await diagnoseBeforeStart(host, control(unit), { signal })).blockers).toEqual([]);
          await server.exec(["bash", "-c", 'printf "%s\\n" "$2" >"$1"', "write", file, text]);
          const { blockers } = await diagnoseBeforeStart(host, control(unit), { signal });
          expect(blockers).toMatchObject([{ key: "service.configuration-broken", values: { reason: expect.stringContaining(named) } }]);
          await sh(`rm ${file}`);
        }
      },
      limitMs,
    );

    test(
      "a unit that starts and dies after five seconds is not up",
      async () => {
        await sh(
          `printf '[Service]\\nExecStart=/bin/sh -c "sleep 5; exit 1"\\nRestart=always\\nRestartSec=100ms\\n' >/etc/systemd/system/five.service; systemctl daemon-reload`,
        );
        const proven = await startAndProve(host, control("five.service"), {}, { signal });
        expect(proven).toMatchObject({ isUp: false, stage: "settle", what: { key: "service.did-not-stay" } });
        await sh("systemctl stop five");
      },
      limitMs,
    );

    test(
      "a full disk is seen by the probe and forbids the start of what writes there",
      async () => {
        await sh("mkdir -p /srv/small && mount -t tmpfs -o size=40m small /srv/small");
        expect(await lookOnce(diskProbe, { path: "/srv/small" }, { host })).toMatchObject({ state: "ok" });
        await sh("head -c 39M /dev/zero >/srv/small/fill");
        expect(await lookOnce(diskProbe, { path: "/srv/small" }, { host })).toMatchObject({ state: "down", cause: "disk-full" });
        const { blockers } = await diagnoseBeforeStart(host, control("nginx.service"), { signal, folders: ["/srv/small"] });
        expect(blockers).toMatchObject([{ key: "service.disk-full", values: { path: "/srv/small" } }]);
        await sh("umount /srv/small");
      },
      limitMs,
    );

    test(
      "a supervised worker that was killed is back, and one whose program is gone is down",
      async () => {
        const worker = openServiceControl(host, { manager: "supervisor", program: "worker" });
        const look = () => lookOnce(serviceProbe, { supervisor: "worker" }, { host });
        expect(await look()).toMatchObject({ state: "ok" });
        const limits = { signal, timeoutMs: 15_000 };
        await worker.stop(limits);
        expect(await look()).toMatchObject({ state: "down", cause: "service-down", isDefinite: true });
        expect(await startAndProve(host, worker, {}, { signal, settleMs: 500 })).toMatchObject({ isUp: true });
      },
      limitMs,
    );

    test(
      "what changed is told: a unit started, a configuration file, the packages' log, what may not be read",
      async () => {
        const before = Date.now();
        await sh("echo '# x' >>/etc/nginx/nginx.conf; systemctl restart redis-server");
        const changes = await listChanges({
          hosts: [{ host, paths: { configuration: ["/etc/nginx"] } }],
          memory: createMemory(),
          since: before - 3_600_000,
          now: Date.now() + 1_000,
          signal,
        });
        const told = changes.map(({ kind, what }) => `${kind} ${what.key} ${JSON.stringify(what.values)}`);
        expect(told.some((one) => one.startsWith("configuration change.file ") && one.includes("/etc/nginx/nginx.conf"))).toBe(true);
        // What began with the boot is told once, as a reboot.
        const units = changes.filter(({ kind }) => kind === "unit").map(({ what }) => what.values["unit"]);
        expect(units).toContain("redis-server.service");
        expect(units.filter((unit) => typeof unit === "string" && unit.startsWith("systemd-"))).toEqual([]);
        expect(told.some((one) => one.startsWith("host change.booted"))).toBe(true);
        expect(changes.filter(({ isBlind }) => isBlind === true).map(({ kind }) => kind)).toContain("cron");
        expect(Date.now() - before).toBeLessThan(15_000);
      },
      limitMs,
    );
  },
);
