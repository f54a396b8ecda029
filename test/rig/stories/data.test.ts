import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { rigMissing } from "../availability.ts";
import { openRigGround, type RigGround } from "./rig-ground.ts";

const missing = rigMissing();
const limitMs = 120_000;

describe.skipIf(missing)(missing === undefined ? "data of a booted server" : `data of a booted server (skipped: ${missing})`, () => {
  let ground: RigGround;
  let whole: Record<string, unknown>;
  const on = (line: string): Promise<string> => ground.on(line);
  const startedAt = async (unit: string): Promise<number> =>
    Number(await on(`systemctl show -p ActiveEnterTimestampMonotonic --value ${unit}`));
  const sql = (text: string): Promise<string> => on(`mariadb gateway -e "${text}"`);
  const postgres = (text: string): Promise<string> => on(`setpriv --reuid postgres --regid postgres --clear-groups psql -qc "${text}"`);

  beforeAll(async () => {
    ground = await openRigGround({ name: "data" });
    process.env["AMPEL_STORY_PASSWORD"] = "story";
    await sql(
      "CREATE USER ampel@localhost IDENTIFIED BY 'story'; GRANT SELECT ON gateway.* TO ampel@localhost; GRANT PROCESS ON *.* TO ampel@localhost",
    );
    await postgres("CREATE ROLE ampel LOGIN PASSWORD 'story'");
    await postgres("CREATE TABLE bookings (id int); INSERT INTO bookings SELECT generate_series(1, 40); GRANT SELECT ON bookings TO ampel");
    const [mariadbPort, postgresPort, redisPort] = [await ground.tunnel(3306), await ground.tunnel(5432), await ground.tunnel(6379)];
    const login = { user: "ampel", password: "${env:AMPEL_STORY_PASSWORD}" };
    whole = {
      ...ground.sections,
      services: {
        php: { host: "server", unit: "php8.2-fpm", dependsOn: ["mariadb", "redis"], flapRestarts: 20 },
        mariadb: { host: "server", unit: "mariadb", isDatabase: true, ready: { tcp: "127.0.0.1:3306" }, flapRestarts: 20 },
        postgres: { host: "server", unit: "postgresql@15-main", isDatabase: true, ready: { tcp: "127.0.0.1:5432" } },
        redis: { host: "server", unit: "redis-server", ready: { tcp: "127.0.0.1:6379" } },
      },
      databases: {
        main: { engine: "mariadb", service: "mariadb", port: mariadbPort, ...login, database: "gateway", tables: { calls: { min: 1 } } },
        booking: {
          engine: "postgres",
          service: "postgres",
          port: postgresPort,
          ...login,
          database: "postgres",
          tables: { bookings: { min: 1 } },
        },
        queue: { engine: "redis", service: "redis", port: redisPort },
      },
    };
    ground.configure("ampel", whole);
  }, limitMs);
  afterAll(async () => ground?.stop(), limitMs);

  test(
    "a healthy server is all clear, and nothing is touched",
    async () => {
      const { exitCode, document } = await ground.emergency();
      expect(document).toMatchObject({ findings: [], blindSpots: [], runs: [], zone: "clear" });
      expect(exitCode).toBe(0);
    },
    limitMs,
  );

  test(
    "two databases that were stopped are started, and the application that stands on one of them after it",
    async () => {
      await on("systemctl stop php8.2-fpm mariadb postgresql@15-main");
      const redis = await startedAt("redis-server");
      const { exitCode, document } = await ground.emergency();
      expect(document.runs.every(({ state, playbook }) => state === "succeeded" && playbook === "service-down")).toBe(true);
      expect(document).toMatchObject({ zoneNow: "clear", remaining: [] });
      expect(exitCode).toBe(0);
      expect(await startedAt("mariadb")).toBeLessThan(await startedAt("php8.2-fpm"));
      expect(await startedAt("postgresql@15-main")).toBeGreaterThan(0);
      expect(await startedAt("redis-server")).toBe(redis);
    },
    limitMs,
  );

  test(
    "a full disk is freed of what is named disposable, and of nothing else",
    async () => {
      await on("mkdir -p /srv/data; mount -t tmpfs -o size=64m tmpfs /srv/data; mkdir /srv/data/log");
      onTestFinished(async () => void (await on("umount /srv/data")));
      await on(
        "cd /srv/data/log; head -c 40M /dev/zero >app.log.1; touch -d '10 days ago' app.log.1; head -c 2M /dev/zero >app.log.2; head -c 64M /dev/zero >app.log 2>/dev/null || :",
      );
      const disposables = { rotated: { host: "server", paths: ["/srv/data/log/*.log.*"], olderThan: "7d" } };
      const disks = [{ path: "/" }, { path: "/srv/data" }];
      ground.configure("disk", { ...whole, hosts: { server: { ...ground.hostAs("root"), disks } }, disposables });
      const { exitCode, document } = await ground.emergency({ config: "disk" });
      expect(document.findings).toMatchObject([{ cause: "disk-full", subject: "server", zone: "red" }]);
      // Too young, or in use.
      expect((await on("ls /srv/data/log")).trim().split("\n")).toEqual(["app.log", "app.log.2"]);
      expect(document.runs).toMatchObject([{ playbook: "disk-full", state: "succeeded" }]);
      expect(exitCode).toBe(0);
    },
    limitMs,
  );

  test(
    "a database whose volume is full is not started: refused, and said with the folder",
    async () => {
      await on(
        "systemctl stop mariadb; mount -t tmpfs -o size=16m tmpfs /var/lib/mysql; head -c 16M /dev/zero >/var/lib/mysql/filler 2>/dev/null || :",
      );
      onTestFinished(async () => void (await on("umount /var/lib/mysql; systemctl start mariadb")));
      const before = await startedAt("mariadb");
      const { exitCode, document, text } = await ground.emergency();
      expect(exitCode).toBe(12);
      expect(document.remaining.some(({ subject }) => subject === "mariadb")).toBe(true);
      expect(text).toMatch(/\/var\/lib\/mysql.{0,40}(full|free|MiB)/);
      expect(await startedAt("mariadb")).toBe(before);
    },
    limitMs,
  );

  test(
    "dropped tables are data loss at the first look that knew them, and nothing is repaired blindly",
    async () => {
      await sql("DROP TABLE calls");
      await postgres("DROP TABLE bookings");
      const [mariadb, server] = [await startedAt("mariadb"), await startedAt("postgresql@15-main")];
      const { exitCode, document } = await ground.emergency();
      const lost = document.findings.filter(({ cause }) => cause === "data-loss");
      expect(lost.map(({ subject, zone }) => `${subject} ${zone}`).toSorted()).toEqual(["booking red", "main red"]);
      expect(lost.map(({ message }) => message).join("\n")).toMatch(
        /calls.*3 rows[^]*bookings.*40 rows|bookings.*40 rows[^]*calls.*3 rows/,
      );
      expect(document.runs).toEqual([]);
      expect(exitCode).toBe(12);
      // An empty table of the same name brings no row back.
      await sql("CREATE TABLE calls (id int)");
      const again = await ground.emergency();
      expect(again.document.findings.some(({ cause, subject }) => cause === "data-loss" && subject === "main")).toBe(true);
      expect(again.exitCode).toBe(12);
      expect([await startedAt("mariadb"), await startedAt("postgresql@15-main")]).toEqual([mariadb, server]);
    },
    limitMs,
  );

  test(
    "a server that cannot be reached is one finding, and what runs on it is muted",
    async () => {
      await ground.server.cutLink();
      const { exitCode, document } = await ground.emergency();
      expect(document.findings.filter(({ mutedBy }) => mutedBy === undefined)).toMatchObject([
        { cause: "host-unreachable", subject: "server", zone: "red" },
      ]);
      expect(document.findings.filter(({ mutedBy }) => mutedBy !== undefined && mutedBy !== "server")).toEqual([]);
      expect(document.runs).toEqual([]);
      expect(exitCode).toBe(12);
      expect(document.durationMs).toBeLessThan(20_000);
    },
    limitMs,
  );
});
