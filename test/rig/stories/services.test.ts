import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { rigMissing } from "../availability.ts";
import { openRigGround, type RigGround } from "./rig-ground.ts";

const missing = rigMissing();
const limitMs = 120_000;

describe.skipIf(missing)(
  missing === undefined ? "services of a booted server" : `services of a booted server (skipped: ${missing})`,
  () => {
    let ground: RigGround;
    let healthy: Record<string, unknown>;
    const on = (line: string): Promise<string> => ground.on(line);
    const isActive = async (unit: string): Promise<string> => (await on(`systemctl is-active ${unit} || :`)).trim();
    const writeUnit = (name: string, text: string): Promise<string> =>
      on(`printf '%s\n' '${text}' >/etc/systemd/system/${name}; systemctl daemon-reload`);

    beforeAll(async () => {
      ground = await openRigGround({ name: "web", without: ["postgresql.service", "mariadb.service"] });
      const port = await ground.tunnel(80);
      // Left alone by supervisor, so that it is Ampel who brings it back.
      await on("sed -i s/autorestart=true/autorestart=false/ /etc/supervisor/conf.d/worker.conf; supervisorctl update >/dev/null");
      healthy = {
        ...ground.sections,
        services: {
          // Each story starts it anew, which would soon be taken for flapping.
          nginx: { host: "server", unit: "nginx", ready: { tcp: "127.0.0.1:80" }, dependsOn: ["php"], flapRestarts: 20 },
          php: { host: "server", unit: "php8.2-fpm" },
          redis: { host: "server", unit: "redis-server", ready: { tcp: "127.0.0.1:6379" } },
          worker: { host: "server", supervisor: "worker", dependsOn: ["redis"], deadline: "15s" },
        },
        // Seen from here through the line; it belongs to nginx, which runs there.
        probes: { site: { kind: "http", url: `http://127.0.0.1:${port}/`, subject: "nginx" } },
      };
      ground.configure("ampel", healthy);
      ground.configure("sudo", { ...healthy, hosts: { server: { ...ground.hostAs("emergency"), cron: false } } });
    }, limitMs);
    afterAll(async () => ground?.stop(), limitMs);

    test(
      "nginx that was killed and does not come back by itself is started once, verified, and all is clear",
      async () => {
        await on("systemctl kill -s KILL nginx; until systemctl is-failed -q nginx; do sleep 0.05; done");
        const { exitCode, document } = await ground.emergency();
        expect(document).toMatchObject({ zone: "red", zoneNow: "clear", mode: "store", remaining: [], blindSpots: [] });
        // The page that answers nothing is the same trouble: it is muted, and nothing runs for it.
        expect(document.findings.map(({ cause, mutedBy }) => [cause, mutedBy])).toEqual([
          ["service-down", undefined],
          [expect.stringMatching(/^(http-error|unreachable)$/), "nginx"],
        ]);
        expect(document.runs).toMatchObject([{ playbook: "service-down", subject: "nginx", state: "succeeded" }]);
        expect(document.runs[0]?.steps.map(({ name, state }) => `${name} ${state}`)).toEqual(["look done", "start done", "prove done"]);
        expect(document.runs[0]?.steps[0]?.output).toContain("signal 9");
        expect(exitCode).toBe(0);
        expect(await on("curl -fsS http://127.0.0.1/")).toContain("gateway");
      },
      limitMs,
    );

    test(
      "an account with sudo brings back a stopped redis and a killed worker of supervisor, redis first",
      async () => {
        await on(
          "systemctl stop redis-server; kill -9 $(supervisorctl pid worker); until { supervisorctl status worker || :; } | grep EXITED; do sleep 0.1; done",
        );
        const { exitCode, document } = await ground.emergency({ config: "sudo" });
        expect(document.runs.map(({ subject, state }) => `${subject} ${state}`)).toEqual(["redis succeeded", "worker succeeded"]);
        expect(document.zoneNow).toBe("clear");
        expect(exitCode).toBe(0);
        expect(await on("redis-cli ping")).toContain("PONG");
        expect(await on("supervisorctl status worker")).toContain("RUNNING");
      },
      limitMs,
    );

    test(
      "a broken configuration and a masked unit are said, with file and line, and not hammered with starts",
      async () => {
        await on("echo 'servr {}' >/etc/nginx/conf.d/bad.conf; systemctl stop nginx php8.2-fpm; systemctl mask --runtime php8.2-fpm");
        onTestFinished(async () => {
          await on("rm -f /etc/nginx/conf.d/bad.conf; systemctl unmask --runtime php8.2-fpm; systemctl start php8.2-fpm nginx");
        });
        const countStarts = (): Promise<string> => on("journalctl -q -o cat -u nginx -u php8.2-fpm | grep -c Starting");
        const before = await countStarts();
        const apart = {
          ...healthy,
          services: { ...(healthy["services"] as object), nginx: { host: "server", unit: "nginx", flapRestarts: 20 } },
        };
        ground.configure("apart", apart);
        const { exitCode, document, text } = await ground.emergency({ config: "apart" });
        expect(exitCode).toBe(12);
        expect(text).toContain('unknown directive \\"servr\\" in /etc/nginx/conf.d/bad.conf:1');
        expect(document.runs.map(({ subject, state }) => `${subject} ${state}`).toSorted()).toEqual(["nginx failed", "php failed"]);
        expect(document.remaining.find(({ subject }) => subject === "php")?.message).toContain("is masked");
        // Half of the known failures followed a change: this one is named.
        expect(document.changes.map(({ what }) => what).join("\n")).toContain("/etc/nginx/conf.d/bad.conf");
        expect(await countStarts()).toBe(before);
        expect([await isActive("nginx"), await isActive("php8.2-fpm")]).toEqual(["inactive", "inactive"]);
        expect(await on("systemctl show -p LoadState --value php8.2-fpm")).toContain("masked");
      },
      limitMs,
    );

    test(
      "a server that is there and does not answer is restarted alone, and verified",
      async () => {
        const php = await on("systemctl show -p MainPID --value php8.2-fpm");
        // Its workers only: for systemd it runs as ever, so the page is what tells.
        await on("kill -STOP $(pgrep -P $(systemctl show -p MainPID --value nginx))");
        const { exitCode, document } = await ground.emergency();
        expect(document.findings).toMatchObject([{ cause: "unreachable", subject: "nginx", zone: "red" }]);
        expect(document.runs).toMatchObject([{ playbook: "service-hung", subject: "nginx", state: "succeeded" }]);
        expect(exitCode).toBe(0);
        expect(await on("curl -fsS --max-time 2 http://127.0.0.1/")).toContain("gateway");
        expect(await on("systemctl show -p MainPID --value php8.2-fpm")).toBe(php);
      },
      limitMs,
    );

    test(
      "a unit that dies five seconds after its start is not called fixed, and the second call leaves it alone and says why",
      async () => {
        await writeUnit("shaky.service", "[Service]\nExecStart=/bin/sleep 5");
        ground.configure("shaky", { ...ground.sections, automation: {}, services: { shaky: { host: "server", unit: "shaky" } } });
        const asked = { config: "shaky", state: "shaky" };
        const first = await ground.emergency(asked);
        expect(first).toMatchObject({ exitCode: 12, document: { zoneNow: "red", remaining: [{ subject: "shaky" }] } });
        const starts = await on("journalctl -q -o cat -u shaky | grep -c Started");
        const second = await ground.emergency(asked);
        expect(second.exitCode).toBe(12);
        expect(second.text).toContain("another start would hide the cause");
        expect(await on("journalctl -q -o cat -u shaky | grep -c Started")).toBe(starts);
      },
      limitMs,
    );

    test(
      "a unit that systemd starts again and again is flapping at the very first look",
      async () => {
        await writeUnit(
          "looping.service",
          "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sleep 0.3\nRestart=always\nRestartSec=100ms",
        );
        await on("systemctl start looping; until [ $(systemctl show -p NRestarts --value looping) -ge 4 ]; do sleep 0.1; done");
        ground.configure("looping", { ...ground.sections, services: { looping: { host: "server", unit: "looping" } } });
        const { document, exitCode } = await ground.emergency({ config: "looping", state: "looping" });
        await on("systemctl stop looping");
        expect(document.findings).toMatchObject([{ cause: "service-flapping", subject: "looping" }]);
        expect([10, 11]).toContain(exitCode);
        expect(document.runs).toEqual([]);
      },
      limitMs,
    );
  },
);
