import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, watch } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSmallRoot, fakeNpm, layInstallation, npmThatInstalls, wantVersion, type SmallRoot } from "./small-root.ts";

let root: SmallRoot;
beforeEach(() => {
  root = createSmallRoot();
});
afterEach(() => root.remove());

const script = "scripts/ensure-installed.sh";
const installedVersion = (): string => root.read("node_modules/version");

test("what plain npm ci installed counts as fresh, says nothing, and is not looked at again", async () => {
  layInstallation(root.path);
  const npm = fakeNpm(root, "exit 1");
  expect(await root.run([script], npm)).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  expect(root.has("node_modules/.ampel-installed")).toBe(true);
  expect(await root.run([script], npm)).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  expect(npm.calls()).toBe(0);
});

test("a checkout that only touched the lockfile changes nothing", async () => {
  layInstallation(root.path);
  const npm = fakeNpm(root, "exit 1");
  await root.run([script], npm);
  const later = new Date(Date.now() + 60_000);
  utimesSync(join(root.path, "package-lock.json"), later, later);
  expect(await root.run([script], npm)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(npm.calls()).toBe(0);
});

test("nothing installed: it installs once, with progress on stderr and nothing on stdout", async () => {
  const npm = fakeNpm(root, npmThatInstalls(root, "1.0.0"));
  const ended = await root.run([script], npm);
  expect(ended).toMatchObject({ exitCode: 0, stdout: "" });
  expect(ended.stderr).toContain("Installiere");
  expect(await root.run([script], npm)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(npm.calls()).toBe(1);
  expect(root.leftovers()).toEqual([]);
  expect((await root.run(["./ampel"])).exitCode).toBe(0);
});

test("the language is English where ampel.yaml or the environment says so", async () => {
  const npm = fakeNpm(root, "exit 1");
  expect((await root.run([script], { env: { ...npm.env, AMPEL_LANG: "en" } })).stderr).toContain("Next step");
  root.write("ampel.yaml", "language: en\n");
  expect((await root.run([script], npm)).stderr).toContain("Next step");
});

test("a lockfile with another content renews the installation", async () => {
  layInstallation(root.path, "1.0.0");
  await root.run([script], fakeNpm(root, "exit 1"));
  wantVersion(root, "2.0.0");
  expect(await root.run([script], fakeNpm(root, npmThatInstalls(root, "2.0.0")))).toMatchObject({ exitCode: 0, stdout: "" });
  expect(installedVersion()).toBe("2.0.0");
  expect(root.leftovers()).toEqual([]);
});

const failures = [
  ["npm fails", 'mkdir -p "$PWD/node_modules/half"; echo "registry unreachable" >&2; exit 1', "registry unreachable"],
  ["npm never ends", "exec sleep 60", "1 s abgebrochen"],
  ["npm leaves the Node package out", 'mkdir -p "$PWD/node_modules/.bin"', "Node-Paket"],
  [
    "npm brings a Node that does not run",
    'mkdir -p "$PWD/node_modules/node-linux-x/bin"; ln -s /bin/false "$PWD/node_modules/node-linux-x/bin/node"',
    "Node-Paket",
  ],
] as const;

for (const [title, body, said] of failures) {
  test(`${title}: the installation that works stays and is used`, async () => {
    layInstallation(root.path, "1.0.0");
    const before = statSync(join(root.path, "node_modules")).ino;
    wantVersion(root, "2.0.0");
    const npm = fakeNpm(root, body);
    const ended = await root.run([script], { env: { ...npm.env, AMPEL_UPDATE_LIMIT_S: "1" } });
    expect(ended).toMatchObject({ exitCode: 0, stdout: "" });
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).toContain("mit der vorhandenen Installation weiter");
    expect(statSync(join(root.path, "node_modules")).ino).toBe(before);
    expect(root.leftovers()).toEqual([]);
    // The next start tries again.
    await root.run([script], { env: { ...npm.env, AMPEL_UPDATE_LIMIT_S: "1" } });
    expect(npm.calls()).toBe(2);
  });

  test(`${title}, and nothing was installed before: 3, with the next step`, async () => {
    const npm = fakeNpm(root, body);
    const ended = await root.run(["./emergency-response.sh", "--json"], { env: { ...npm.env, AMPEL_INSTALL_LIMIT_S: "1" } });
    expect(ended).toMatchObject({ exitCode: 3, stdout: "" });
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).toContain("npm ci");
    expect(root.has("node_modules")).toBe(false);
    expect(root.leftovers()).toEqual([]);
  });
}

test("a folder that nobody can install into goes on with what is there", async () => {
  layInstallation(root.path, "1.0.0");
  wantVersion(root, "2.0.0");
  const npm = fakeNpm(root, "exit 0");
  const mktemp = join(root.path, "../fake npm/mktemp");
  await root.run(["sh", "-c", 'printf "#!/bin/sh\\nexit 1\\n" >"$0" && chmod +x "$0"', mktemp]);
  const ended = await root.run([script], npm);
  expect(ended.exitCode).toBe(0);
  expect(ended.stderr).toContain("vorhandenen Installation");
});

test("two at once install once, and both find it installed", async () => {
  const npm = fakeNpm(root, `sleep 1; ${npmThatInstalls(root, "1.0.0")}`);
  const ended = await Promise.all([root.run([script], npm), root.run([script], npm), root.run([script], npm)]);
  expect(ended.map((one) => one.exitCode)).toEqual([0, 0, 0]);
  expect(npm.calls()).toBe(1);
  expect(root.leftovers()).toEqual([]);
});

test("killed between the two renames: the next start puts the working installation back", async () => {
  layInstallation(root.path, "1.0.0");
  mkdirSync(join(root.path, ".install-abcdef"));
  renameSync(join(root.path, "node_modules"), join(root.path, ".install-abcdef/replaced"));
  const npm = fakeNpm(root, "exit 1");
  const ended = await root.run([script], npm);
  expect(ended).toMatchObject({ exitCode: 0, stdout: "" });
  expect(installedVersion()).toBe("1.0.0");
  expect(npm.calls()).toBe(0);
});

/** Starts the script and resolves once npm runs; `pid` is of a process that npm started. */
async function startUntilNpmRuns(): Promise<{ child: ReturnType<typeof spawn>; npmPid: number }> {
  const pidFile = join(root.path, "../npm.pid");
  const npm = fakeNpm(root, `echo $$ >'${pidFile}.new'; mv '${pidFile}.new' '${pidFile}'; exec sleep 60`);
  const seen = new Promise<void>((resolve) => {
    const watcher = watch(join(root.path, ".."), () => {
      if (!existsSync(pidFile)) return;
      watcher.close();
      resolve();
    });
  });
  const child = spawn(join(root.path, script), { env: { ...process.env, ...npm.env }, stdio: "ignore" });
  await seen;
  return { child, npmPid: Number(readFileSync(pidFile, "utf8")) };
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} during the installation ends npm too and leaves the old installation`, async () => {
    layInstallation(root.path, "1.0.0");
    wantVersion(root, "2.0.0");
    const { child, npmPid } = await startUntilNpmRuns();
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([code, null]);
    await expect.poll(() => isAlive(npmPid)).toBe(false);
    expect(installedVersion()).toBe("1.0.0");
    expect(root.leftovers()).toEqual([]);
  });
}

/** An `mv` that does what it is told and then sends a signal to whoever called it, once, between the two renames. */
async function signalBetweenRenames(signal: string, body = 'exec /bin/mv "$@"'): Promise<{ env: Record<string, string> }> {
  layInstallation(root.path, "1.0.0");
  wantVersion(root, "2.0.0");
  const npm = fakeNpm(root, npmThatInstalls(root, "2.0.0"));
  const text = `#!/bin/sh\nif [ "$1" = node_modules ]; then /bin/mv "$@"; kill -${signal} $PPID; exit 0; fi\n${body}\n`;
  await root.run(["sh", "-c", 'cat >"$0" && chmod +x "$0"', join(root.path, "../fake npm/mv")], { input: text });
  return npm;
}

test.each(["INT", "TERM", "HUP"])(
  "SIG%s between the two renames is too late to do harm: the new installation is complete",
  async (signal) => {
    const ended = await root.run([script], await signalBetweenRenames(signal));
    expect(ended.exitCode).toBe(0);
    expect(installedVersion()).toBe("2.0.0");
    expect(root.leftovers()).toEqual([]);
  },
);

test("kill -9 between the two renames: the next start puts the old one back, then renews it", async () => {
  const npm = await signalBetweenRenames("KILL");
  await root.run([script], npm);
  expect(root.has("node_modules")).toBe(false);
  rmSync(join(root.path, "../fake npm/mv"));
  expect((await root.run([script], fakeNpm(root, "exit 1"))).exitCode).toBe(0);
  expect(installedVersion()).toBe("1.0.0");
  expect(root.leftovers()).toEqual([]);
});

test("a second rename that fails puts the old installation back", async () => {
  const npm = await signalBetweenRenames("0", 'case "$1" in */node_modules) exit 1 ;; esac\nexec /bin/mv "$@"');
  expect((await root.run([script], npm)).stderr).toContain("vorhandenen Installation");
  expect(installedVersion()).toBe("1.0.0");
  expect(root.leftovers()).toEqual([]);
});

test("kill -9 during the installation: the next start clears up and installs", async () => {
  layInstallation(root.path, "1.0.0");
  wantVersion(root, "2.0.0");
  const { child, npmPid } = await startUntilNpmRuns();
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(root.leftovers()).toHaveLength(1);
  expect((await root.run([script], fakeNpm(root, npmThatInstalls(root, "2.0.0")))).exitCode).toBe(0);
  expect(installedVersion()).toBe("2.0.0");
  expect(root.leftovers()).toEqual([]);
  if (isAlive(npmPid)) process.kill(npmPid, "SIGKILL");
});

test("the emergency script's stdout is the command's one document, also when it installed", async () => {
  const npm = fakeNpm(root, npmThatInstalls(root, "1.0.0"));
  const ended = await root.run([join(root.path, "emergency-response.sh"), "--auto-fix", "a b"], { ...npm, cwd: "/" });
  expect(JSON.parse(ended.stdout)).toMatchObject({ arguments: ["emergency-response", "--auto-fix", "a b"], cwd: "/" });
});

test("a production installation without the compiler is complete when the build is there", async () => {
  layInstallation(root.path, "1.0.0");
  root.write(
    "package-lock.json",
    root.read("package-lock.json").replace("}}}", '},"node_modules/linter":{"version":"1.0.0","dev":true}}}'),
  );
  const npm = fakeNpm(root, "exit 1");
  expect((await root.run([script], npm)).stderr).toContain("passt nicht");
  await root.run(["./ampel"]);
  rmSync(join(root.path, "node_modules/.ampel-installed"), { force: true });
  expect(await root.run([script], npm)).toMatchObject({ exitCode: 0, stderr: "" });
});
