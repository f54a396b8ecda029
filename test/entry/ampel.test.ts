import { spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, unlinkSync, utimesSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSmallRoot, layInstallation, type SmallRoot } from "./small-root.ts";

let root: SmallRoot;
beforeEach(() => {
  root = createSmallRoot();
  layInstallation(root.path);
});
afterEach(() => root.remove());

/** Moves a file's time past the last build, as an editor would a moment later. */
function touch(file: string): void {
  const soon = new Date(Date.now() + 5000);
  utimesSync(join(root.path, file), soon, soon);
}

test("it starts from any folder, stays there, and passes every argument as it is", async () => {
  const given = ["a b", "", "*", "$HOME", "'\"", "--json"];
  const ended = await root.run([join(root.path, "ampel"), ...given], { cwd: tmpdir() });
  expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(ended.stdout)).toMatchObject({ arguments: given, cwd: tmpdir() });
});

test("it starts through a chain of links, as npm and /usr/local/bin lay them", async () => {
  symlinkSync(join(root.path, "ampel"), join(root.path, "../first link"));
  symlinkSync("first link", join(root.path, "../second"));
  const ended = await root.run([join(root.path, "../second"), "status"]);
  expect(JSON.parse(ended.stdout)).toMatchObject({ arguments: ["status"] });
});

test("it starts from within its folder, from below it, by sh, and by a linked folder", async () => {
  symlinkSync(root.path, join(root.path, "../linked folder"));
  const ways = [
    [["./ampel"], root.path],
    [["sh", "ampel"], root.path],
    [["../ampel"], join(root.path, "src")],
    [[join(root.path, "../linked folder/ampel")], "/"],
  ] as const;
  for (const [argv, cwd] of ways) expect(await root.run(argv, { cwd }), argv.join(" ")).toMatchObject({ exitCode: 0, stderr: "" });
});

test("it needs no Node in the PATH", async () => {
  const ended = await root.run(["./ampel"], { env: { PATH: "/usr/bin:/bin" } });
  expect(ended.exitCode).toBe(0);
});

test("the command's exit code is the shim's, and so is its process", async () => {
  expect((await root.run(["./ampel", "exit", "12"])).exitCode).toBe(12);
  const child = spawn(join(root.path, "ampel"), [], { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  await once(child, "close");
  expect(JSON.parse(stdout)).toMatchObject({ pid: child.pid });
});

test("without an installation it ends with 3 and says what to do, on stderr only", async () => {
  rmSync(join(root.path, "node_modules"), { recursive: true });
  const ended = await root.run(["./ampel", "status", "--json"]);
  expect(ended).toMatchObject({ exitCode: 3, stdout: "" });
  expect(ended.stderr).toContain("npm ci");
});

test("a Node that npm 10 left without its link is found and linked again", async () => {
  unlinkSync(join(root.path, "node_modules/.bin/node"));
  expect((await root.run(["./ampel"])).exitCode).toBe(0);
  expect(root.has("node_modules/.bin/node")).toBe(true);
});

describe("building", () => {
  test("an unchanged tree is built once", async () => {
    await root.run(["./ampel"]);
    const first = statSync(join(root.path, "dist/main.js"));
    await root.run(["./ampel"]);
    expect(statSync(join(root.path, "dist/main.js")).ino).toBe(first.ino);
  });

  test("a change is seen at the next start", async () => {
    await root.run(["./ampel"]);
    root.write("src/main.ts", 'console.log("two");');
    touch("src/main.ts");
    expect((await root.run(["./ampel"])).stdout).toBe("two\n");
  });

  test("what was removed from src is removed from dist", async () => {
    mkdirSync(join(root.path, "src/old"));
    root.write("src/old/gone.ts", "export const gone = 1;");
    await root.run(["./ampel"]);
    expect(root.has("dist/old/gone.js")).toBe(true);
    rmSync(join(root.path, "src/old"), { recursive: true });
    touch("src");
    await root.run(["./ampel"]);
    expect(root.has("dist/old")).toBe(false);
  });

  test("a source that does not compile leaves the last good build running, and says so", async () => {
    await root.run(["./ampel"]);
    root.write("src/main.ts", "const = ;");
    touch("src/main.ts");
    const ended = await root.run(["./ampel"]);
    expect(JSON.parse(ended.stdout)).toMatchObject({ version: "one" });
    expect(ended.stderr).toContain("last good build");
    expect(readdirSync(join(root.path, "dist")).filter((name) => name.startsWith(".new-"))).toEqual([]);
  });

  test("a source that never compiled ends with 3", async () => {
    root.write("src/main.ts", "const = ;");
    expect(await root.run(["./ampel"])).toMatchObject({ exitCode: 3, stdout: "" });
  });

  test("four starts at once on an unbuilt tree all answer", async () => {
    const ended = await Promise.all([1, 2, 3, 4].map((number) => root.run(["./ampel", String(number)])));
    expect(ended.map((one) => JSON.parse(one.stdout) as unknown)).toMatchObject(
      ["1", "2", "3", "4"].map((word) => ({ arguments: [word] })),
    );
  });
});

test.skipIf(process.getuid?.() !== 0)("somebody who may not write there still starts a tree that is out of date (needs root)", async () => {
  await root.run(["./ampel"]);
  touch("src/main.ts");
  for (const name of ["..", "."]) chmodSync(join(root.path, name), 0o755);
  chownSync(join(root.path, "dist"), 0, 0);
  const ended = await root.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "./ampel"]);
  expect(JSON.parse(ended.stdout)).toMatchObject({ version: "one" });
  expect(ended.stderr).toContain("last good build");
});
