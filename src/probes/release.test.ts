import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lookOnce } from "../../test/probe-look.ts";
import { isSameRelease, releaseProbe } from "./release.ts";

let folder = "";
const at = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel release-"));
  for (const name of ["41", "42"]) mkdirSync(at(name));
  symlinkSync("42", at("current"));
  writeFileSync(at("DEPLOYED"), "42\nby CI\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the folder behind `current` is compared with what was deployed", async () => {
  const fields = { running: { symlink: at("current") }, deployed: { file: at("DEPLOYED") } };
  expect(await lookOnce(releaseProbe, fields)).toMatchObject({ state: "ok" });
  writeFileSync(at("DEPLOYED"), "43\n");
  expect(await lookOnce(releaseProbe, fields)).toMatchObject({
    state: "degraded",
    cause: "release-drift",
    message: { values: { running: "42", deployed: "43" } },
  });
});

test("a link that leads nowhere, a missing and an empty file are unknown, not equal", async () => {
  const fields = { running: { symlink: at("current") }, deployed: { file: at("DEPLOYED") } };
  writeFileSync(at("DEPLOYED"), "");
  expect(await lookOnce(releaseProbe, fields)).toMatchObject({ state: "unknown" });
  rmSync(at("DEPLOYED"));
  expect(await lookOnce(releaseProbe, fields)).toMatchObject({ state: "unknown", message: { key: "release.unreadable" } });
  rmSync(at("42"), { recursive: true });
  expect(await lookOnce(releaseProbe, fields)).toMatchObject({ state: "unknown" });
});

test("the release an address tells is found by its pattern; an error page is no release", async () => {
  const server = createServer((request, response) =>
    response.writeHead(request.url === "/health" ? 200 : 500).end('{"status":"ok","release":"42"}'),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const fields = (path: string) => ({
    running: { url: `http://127.0.0.1:${port}${path}`, pattern: '"release":"([^"]+)"' },
    deployed: { symlink: at("current") },
  });
  expect(await lookOnce(releaseProbe, fields("/health"))).toMatchObject({ state: "ok" });
  expect(await lookOnce(releaseProbe, fields("/broken"))).toMatchObject({ state: "unknown" });
  server.close();
});

test("a process that was started in the release before still runs that one", async () => {
  const worker = spawn("sleep", ["65"], { cwd: at("41") });
  writeFileSync(at("worker.pid"), `${worker.pid}\n`);
  const fields = { running: { pidFile: at("worker.pid") }, deployed: { symlink: at("current") } };
  expect(await lookOnce(releaseProbe, fields)).toMatchObject({ state: "degraded", message: { values: { running: "41", deployed: "42" } } });
  rmSync(at("41"), { recursive: true });
  expect(await lookOnce(releaseProbe, fields)).toMatchObject({ state: "degraded", message: { values: { running: "41" } } });
  worker.kill("SIGKILL");
});

test("a working copy tells its commit, and a short commit equals its long one", async () => {
  const git = (...words: string[]): string =>
    execFileSync("git", ["-C", at("42"), "-c", "user.name=t", "-c", "user.email=t@example.test", ...words])
      .toString()
      .trim();
  git("init", "-q");
  git("commit", "-q", "--allow-empty", "-m", "one");
  writeFileSync(at("DEPLOYED"), git("rev-parse", "--short", "HEAD"));
  expect(await lookOnce(releaseProbe, { running: { git: at("42") }, deployed: { file: at("DEPLOYED") } })).toMatchObject({ state: "ok" });
  expect(isSameRelease("abc", `abc${"0".repeat(37)}`)).toBe(false);
  expect(isSameRelease("2024", "20240101")).toBe(false);
});

test.skipIf(process.getuid?.() !== 0)("a file of another owner is named (needs root to make one)", async () => {
  const fields = { running: { symlink: at("current") }, deployed: { file: at("DEPLOYED") }, folder, owner: userInfo().username };
  expect(await lookOnce(releaseProbe, fields)).toMatchObject({ state: "ok", measures: { foreignFiles: 0 } });
  writeFileSync(at("cached view"), "");
  chownSync(at("cached view"), 65_534, 65_534);
  expect(await lookOnce(releaseProbe, fields)).toMatchObject({
    state: "degraded",
    message: { key: "release.foreign", values: { path: `${folder}/cached view`, user: "nobody" } },
  });
  expect(await lookOnce(releaseProbe, { ...fields, owner: "nobody-at-all" })).toMatchObject({ state: "unknown" });
});

test("a source names exactly one place", () => {
  const parse = (running: object): boolean => releaseProbe.schema.safeParse({ running, deployed: { file: "/x" } }).success;
  expect([parse({}), parse({ file: "/a", git: "/b" }), parse({ file: "a" }), parse({ file: "/a", pattern: "b" })]).toEqual([
    false,
    false,
    false,
    true,
  ]);
});
