import { openRigGround } from "./rig-ground.ts";
const unit = (g: any, name: string, text: string) =>
  g.on(`printf '%b' '${text}' >/etc/systemd/system/${name}.service; systemctl daemon-reload`);
const steps: Record<string, (g: any, show: any, services: any) => Promise<unknown>> = {
  flap: async (g, show, services) => {
    await unit(g, "shaky", "[Service]\\nExecStart=/bin/sleep 5\\n");
    await unit(
      g,
      "looping",
      "[Service]\\nExecStart=/bin/sleep 0.4\\nRestart=always\\nRestartSec=100ms\\n[Unit]\\nStartLimitIntervalSec=0\\n",
    );
    await g.on("systemctl start looping");
    g.configure("flap", { ...g.sections, automation: {}, services: { shaky: { host: "server", unit: "shaky" } } });
    await show("shaky", { config: "flap", state: "flap" });
    await show("shaky again", { config: "flap", state: "flap" });
    g.configure("loop", { ...g.sections, automation: {}, services: { looping: { host: "server", unit: "looping" } } });
    await show("looping", { config: "loop", state: "flap" });
    await show("looping", { config: "loop", state: "flap" });
  },
  sudo: async (g, show) => {
    const c = { ...(globalThis as any).base, hosts: { server: g.hostAs("emergency") } };
    g.configure("sudo", c);
    await g.on("systemctl kill -s KILL nginx; kill -9 $(pgrep -f [w]orker.php)");
    await show("as emergency", { config: "sudo" });
  },
  drop: async (g, show) => {
    await show("baseline");
    await g.on("mariadb gateway -e 'drop table calls'");
    await show("dropped");
  },
  disk: async (g, show) => {
    await g.on(
      "mkdir -p /srv/data/log; mount -t tmpfs -o size=64m tmpfs /srv/data; mkdir -p /srv/data/log; head -c 40M /dev/zero >/srv/data/log/app.log.1; head -c 24M /dev/zero >/srv/data/log/app.log || true; touch -d '10 days ago' /srv/data/log/app.log.1; df /srv/data",
    );
    g.configure("disk", {
      ...(globalThis as any).base,
      hosts: { server: { ...g.hostAs("root"), disks: [{ path: "/" }, { path: "/srv/data" }] } },
      disposables: { old: { host: "server", paths: ["/srv/data/log/*.log.*"], olderThan: "7d" } },
    });
    await show("disk full", { config: "disk" });
  },
  cut: async (g, show) => {
    await g.server.cutLink();
    await show("cut");
    await g.server.joinLink();
  },
  healthy: async (g, show) => {
    await show("healthy");
  },
  kill: async (g, show) => {
    await g.on("systemctl kill -s KILL nginx; sleep 0.5");
    await show("nginx killed");
  },
  broken: async (g, show) => {
    await g.on("echo \x27servr {}\x27 >/etc/nginx/conf.d/bad.conf; systemctl stop nginx");
    await show("nginx conf broken");
    await g.on("rm /etc/nginx/conf.d/bad.conf; systemctl start nginx");
  },
  masked: async (g, show) => {
    await g.on("systemctl stop nginx; systemctl mask --runtime nginx");
    await show("masked");
    await g.on("systemctl unmask --runtime nginx; systemctl start nginx");
  },
  hung: async (g, show) => {
    await g.on("kill -STOP $(pgrep -x nginx)");
    await show("hung");
  },
  hungmain: async (g, show) => {
    await g.on("kill -STOP $(systemctl show -p MainPID --value nginx)");
    await show("hung main");
  },
  hungworker: async (g, show) => {
    await g.on("kill -STOP $(pgrep -P $(systemctl show -p MainPID --value nginx))");
    await show("hung worker");
  },
  redis: async (g, show) => {
    await g.on("systemctl kill -s KILL redis-server");
    await show("redis killed");
  },
  worker: async (g, show) => {
    await g.on("kill -9 $(pgrep -f [w]orker.php)");
    await show("worker killed");
  },
  dbstop: async (g, show) => {
    await g.on("systemctl stop php8.2-fpm mariadb");
    await show("db+php stopped");
  },
};
const t = performance.now();
const g = await openRigGround({ name: "server", without: ["postgresql.service"] });
console.log("boot", g.server.bootMs, performance.now() - t);
try {
  const web = await g.tunnel(80);
  await g.on(
    "mariadb -e \"CREATE USER ampel@localhost IDENTIFIED BY 'x'; GRANT SELECT ON gateway.* TO ampel@localhost; GRANT PROCESS ON *.* TO ampel@localhost\"",
  );
  const db = await g.tunnel(3306);
  const services = {
    nginx: { host: "server", unit: "nginx", flapRestarts: 20, dependsOn: ["php"], ready: { tcp: "127.0.0.1:80" } },
    php: { host: "server", unit: "php8.2-fpm", dependsOn: ["mariadb", "redis"] },
    mariadb: { host: "server", unit: "mariadb", isDatabase: true, ready: { tcp: "127.0.0.1:3306" } },
    redis: { host: "server", unit: "redis-server", ready: { tcp: "127.0.0.1:6379" } },
    supervisor: { host: "server", unit: "supervisor" },
    worker: { host: "server", supervisor: "worker", deadline: "15s", dependsOn: ["supervisor", "mariadb", "redis"] },
  };
  const base = {
    ...g.sections,
    services,
    databases: {
      main: {
        engine: "mariadb",
        service: "mariadb",
        port: db,
        user: "ampel",
        password: "${env:DBPW}",
        database: "gateway",
        tables: { calls: { min: 1 } },
      },
    },
    probes: { site: { kind: "http", url: `http://127.0.0.1:${web}/`, subject: "nginx", host: "local" } },
  };
  (globalThis as any).base = base;
  g.configure("ampel", base);
  process.env["DBPW"] = "x";
  const show = async (what: string, o: any = {}) => {
    const a = await g.emergency(o);
    const d = a.document;
    console.log("\n==", what, "exit", a.exitCode, d.zone, "->", d.zoneNow, d.mode, d.durationMs, "ms");
    for (const f of d.findings) console.log("  F", f.cause, f.subject, f.zone, f.mutedBy ?? "", f.message);
    for (const r of d.runs) {
      console.log("  R", r.playbook, r.subject, r.state, r.message);
      for (const s of r.steps) console.log("     ", s.name, s.state, s.durationMs, s.message, "|", s.output.replaceAll("\n", " / "));
    }
    for (const r of d.remaining) console.log("  left", r.cause, r.subject, r.zone, r.message, "--", r.reason ?? "");
    console.log("  blind", JSON.stringify(d.blindSpots), "changes", d.changes.length, JSON.stringify(d.changes.slice(0, 4)));
    if (a.stderr) console.log("  stderr:", a.stderr.slice(0, 1500));
    return a;
  };
  (globalThis as any).g = g;
  (globalThis as any).show = show;
  for (const step of (process.env["STEPS"] ?? "healthy").split(",")) await (steps as any)[step](g, show, services);
} finally {
  await g.stop();
}
