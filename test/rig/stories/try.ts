import { openRigGround } from "./rig-ground.ts";
const steps: Record<string, (g: any, show: any, services: any) => Promise<unknown>> = {
  healthy: async (g, show) => { await show("healthy"); },
  kill: async (g, show) => { await g.on("systemctl kill -s KILL nginx; sleep 0.5"); await show("nginx killed"); },
  broken: async (g, show) => { await g.on("echo \x27servr {}\x27 >/etc/nginx/conf.d/bad.conf; systemctl stop nginx"); await show("nginx conf broken"); await g.on("rm /etc/nginx/conf.d/bad.conf; systemctl start nginx"); },
  masked: async (g, show) => { await g.on("systemctl stop nginx; systemctl mask --runtime nginx"); await show("masked"); await g.on("systemctl unmask --runtime nginx; systemctl start nginx"); },
  hung: async (g, show) => { await g.on("kill -STOP $(pgrep -x nginx)"); await show("hung"); },
  hungmain: async (g, show) => { await g.on("kill -STOP $(systemctl show -p MainPID --value nginx)"); await show("hung main"); },
  hungworker: async (g, show) => { await g.on("kill -STOP $(pgrep -P $(systemctl show -p MainPID --value nginx))"); await show("hung worker"); },
  redis: async (g, show) => { await g.on("systemctl kill -s KILL redis-server"); await show("redis killed"); },
  worker: async (g, show) => { await g.on("kill -9 $(pgrep -f worker.php)"); await show("worker killed"); },
  dbstop: async (g, show) => { await g.on("systemctl stop php8.2-fpm mariadb"); await show("db+php stopped"); },
};
const t=performance.now();
const g = await openRigGround({ name: "server", without: ["postgresql.service"] });
console.log("boot", g.server.bootMs, performance.now()-t);
try {
  const web = await g.tunnel(80);
  await g.on("mariadb -e \"CREATE USER ampel@localhost IDENTIFIED BY 'x'; GRANT SELECT ON gateway.* TO ampel@localhost; GRANT PROCESS ON *.* TO ampel@localhost\"");
  const db = await g.tunnel(3306);
  const services = {
    nginx: { host: "server", unit: "nginx", dependsOn: ["php"], ready: { tcp: "127.0.0.1:80" } },
    php: { host: "server", unit: "php8.2-fpm", dependsOn: ["mariadb", "redis"] },
    mariadb: { host: "server", unit: "mariadb", isDatabase: true, ready: { tcp: "127.0.0.1:3306" } },
    redis: { host: "server", unit: "redis-server", ready: { tcp: "127.0.0.1:6379" } },
    supervisor: { host: "server", unit: "supervisor" },
    worker: { host: "server", supervisor: "worker", dependsOn: ["supervisor", "mariadb", "redis"] },
  };
  const conf = g.configure("ampel", { ...g.sections, services,
    databases: { main: { engine: "mariadb", service: "mariadb", port: db, user: "ampel", password: "${env:DBPW}", database: "gateway", tables: { calls: { min: 1 } } } },
    probes: { site: { kind: "http", url: `http://127.0.0.1:${web}/`, subject: "nginx", host: "local" } } });
  process.env["DBPW"] = "x";
  const show = async (what: string) => {
    const a = await g.emergency(); const d = a.document;
    console.log("\n==", what, "exit", a.exitCode, d.zone, "->", d.zoneNow, d.mode, d.durationMs, "ms");
    for (const f of d.findings) console.log("  F", f.cause, f.subject, f.zone, f.mutedBy ?? "", f.message);
    for (const r of d.runs) { console.log("  R", r.playbook, r.subject, r.state, r.message); for (const s of r.steps) console.log("     ", s.name, s.state, s.durationMs, s.message, "|", s.output.replaceAll("\n", " / ")); }
    for (const r of d.remaining) console.log("  left", r.cause, r.subject, r.zone, r.message, "--", r.reason ?? "");
    console.log("  blind", JSON.stringify(d.blindSpots), "changes", d.changes.length, JSON.stringify(d.changes.slice(0,4)));
    if (a.stderr) console.log("  stderr:", a.stderr.slice(0, 1500));
    return a;
  };
  (globalThis as any).g = g; (globalThis as any).show = show;
  for (const step of (process.env["STEPS"] ?? "healthy").split(",")) await (steps as any)[step](g, show, services);
} finally { await g.stop(); }
