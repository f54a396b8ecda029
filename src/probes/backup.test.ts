import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMemory, lookOnce } from "../../test/probe-look.ts";
import { backupProbe } from "./backup.ts";

let folder = "";
const dump = `CREATE TABLE calls (id int);\n${"INSERT INTO calls VALUES (1);\n".repeat(200)}-- Dump completed on 2026-03-01\n`;
const random = Array.from({ length: 4_000 }, (_, index) => createHash("sha1").update(String(index)).digest("hex")).join("\n");

const put = (name: string, content: string | Buffer, hoursAgo: number): void => {
  writeFileSync(join(folder, name), content);
  age(name, hoursAgo);
};
const startedAt = Math.floor(Date.now() / 1000);
const age = (name: string, hoursAgo: number): void => {
  const at = startedAt - hoursAgo * 3_600;
  utimesSync(join(folder, name), at, at);
};
const look = (more: object = {}) => lookOnce(backupProbe, { folder, pattern: "db-*.sql*", ...more });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel backup-"));
  for (const day of [2, 3, 4]) put(`db-${day}.sql.gz`, gzipSync(random + dump), day * 24);
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a young, complete backup of the usual size is fine", async () => {
  put("db-1.sql.gz", gzipSync(random + dump), 3);
  put("other.tar", "x", 0);
  expect(await look()).toMatchObject({ state: "ok", measures: { ageHours: 3, backups: 4, sizePercentOfMedian: 100 } });
});

test("an old one is down, with its age and the limit", async () => {
  expect(await look()).toMatchObject({
    state: "down",
    cause: "backup-stale",
    isDefinite: true,
    message: { key: "backup.old", values: { hours: 48, limit: "26h" } },
  });
});

test.each<[string, string | Buffer, string]>([
  ["db-1.sql", dump.slice(0, -60), "backup.incomplete"],
  ["db-1.sql.gz", gzipSync(random), "backup.incomplete"],
  ["db-1.sql.gz", gzipSync(random + dump).subarray(0, -4_000), "backup.broken"],
  ["db-1.sql.gz", "this is no archive", "backup.broken"],
  ["db-1.sql", "", "backup.empty"],
  ["db-1.sql", "-- Dump completed", "backup.small"],
])("%s with damaged content is %s", async (name, content, key) => {
  put(name, content, 1);
  expect(await look()).toMatchObject({ cause: "backup-stale", message: { key } });
});

test("a file that is still written is no backup, nor is a .part; the one before it counts", async () => {
  put("db-1.sql", random + dump, 2);
  put("db-0.sql", "half", 0);
  put("db-0.sql.part", "half", 1);
  expect(await look()).toMatchObject({ state: "ok", message: { values: { name: "db-1.sql" } } });
  for (const name of ["db-1.sql", "db-2.sql.gz", "db-3.sql.gz", "db-4.sql.gz"]) rmSync(join(folder, name));
  expect(await look()).toMatchObject({ state: "down", message: { key: "backup.only-growing" } });
});

test("`latest` as a link adds no backup, and one that leads nowhere is a fault", async () => {
  put("db-1.sql.gz", gzipSync(random + dump), 3);
  symlinkSync("db-1.sql.gz", join(folder, "db-latest.sql.gz"));
  expect(await look()).toMatchObject({ state: "ok", measures: { backups: 4 } });
  rmSync(join(folder, "db-latest.sql.gz"));
  symlinkSync("db-gone.sql.gz", join(folder, "db-latest.sql.gz"));
  expect(await look()).toMatchObject({ state: "degraded", message: { key: "backup.dangling" } });
});

test("with a checksum list only listed files count, and the newest must match", async () => {
  const good = gzipSync(random + dump);
  const sum = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
  put("db-1.sql.gz", good, 3);
  put("db-0.sql.gz", good, 1);
  expect(await look({ manifest: "SHA256SUMS" })).toMatchObject({ state: "down", message: { key: "backup.no-manifest" } });
  writeFileSync(join(folder, "SHA256SUMS"), `${sum(good)}  db-1.sql.gz\n`);
  expect(await look({ manifest: "SHA256SUMS" })).toMatchObject({ state: "ok", message: { values: { name: "db-1.sql.gz" } } });
  writeFileSync(join(folder, "SHA256SUMS"), `${sum(Buffer.from("other"))}  db-1.sql.gz\n`);
  expect(await look({ manifest: "SHA256SUMS" })).toMatchObject({ state: "down", message: { key: "backup.sum-wrong" } });
});

test("an empty folder and a missing one are down; a marker of one's own counts", async () => {
  rmSync(folder, { recursive: true });
  expect(await look()).toMatchObject({ state: "down", message: { key: "backup.no-folder" } });
  mkdirSync(folder);
  expect(await look()).toMatchObject({ state: "down", message: { key: "backup.none" } });
  put("db-1.sql", "rows\n-- END", 1);
  expect(await look({ endMarker: "-- END" })).toMatchObject({ state: "ok" });
  expect(await look({ endMarker: "none" })).toMatchObject({ state: "ok" });
});

test("a backup that was found complete is not unpacked again until it changes", async () => {
  const memory = createMemory();
  const again = () => lookOnce(backupProbe, { folder, pattern: "db-*.sql*" }, { memory });
  put("db-1.sql", dump + random + dump, 3);
  expect(await again()).toMatchObject({ state: "ok" });
  // Same size, same time: only its content could tell, and that was looked at before.
  put("db-1.sql", `${dump}${random}${" ".repeat(dump.length)}`, 3);
  age("db-1.sql", 3);
  expect((await again()).state).toBe("ok");
  truncateSync(join(folder, "db-1.sql"), 50_000);
  age("db-1.sql", 2);
  expect(await again()).toMatchObject({ state: "down", message: { key: "backup.incomplete" } });
});

test("names with blanks and signs are taken as they are", async () => {
  const name = "db-1 $(touch owned) 'x'.sql.gz";
  put(name, gzipSync(random + dump), 1);
  expect(await look()).toMatchObject({ state: "ok", message: { values: { name } } });
});
