import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Failure } from "../kernel/failure.ts";
import { say } from "../kernel/message.ts";
import { Secret } from "../kernel/secret.ts";
import { loadConfig, type ConfigSearch } from "./load.ts";
import { ConfigInvalid } from "./problem.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ampel-load-"));
  await mkdir(join(folder, "here"));
});
afterEach(async () => await rm(folder, { recursive: true }));

const named = (name: string): string => `version: 1\nname: ${name}\n`;

function search(given: Partial<ConfigSearch> = {}): ConfigSearch {
  return { cwd: join(folder, "here"), env: {}, systemFile: join(folder, "etc.yaml"), ...given };
}

async function failureOf(given: Partial<ConfigSearch>): Promise<Failure> {
  const outcome = await loadConfig(search(given)).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(Failure);
  return outcome as Failure;
}

test("the file named on the command line wins over the variable, the folder and the system", async () => {
  const places = { option: "a.yaml", variable: "b.yaml", here: "here/ampel.yaml", system: "etc.yaml" };
  for (const [name, file] of Object.entries(places)) await writeFile(join(folder, file), named(name));
  const env = { AMPEL_CONFIG: "../b.yaml" };
  expect((await loadConfig(search({ path: "../a.yaml", env }))).config.name).toBe("option");
  expect((await loadConfig(search({ env }))).config.name).toBe("variable");
  expect((await loadConfig(search({ env: { AMPEL_CONFIG: "" } }))).config.name).toBe("here");
  await rm(join(folder, "here/ampel.yaml"));
  expect((await loadConfig(search())).config.name).toBe("system");
});

test("a file that was named and is missing is never replaced by another one", async () => {
  await writeFile(join(folder, "here/ampel.yaml"), named("here"));
  const byOption = await failureOf({ path: "gone.yaml" });
  expect([byOption.code, say(byOption.what, "en")]).toEqual([
    "config-missing",
    `${join(folder, "here/gone.yaml")} does not exist (--config)`,
  ]);
  expect(say((await failureOf({ env: { AMPEL_CONFIG: "/gone.yaml" } })).what, "en")).toBe("/gone.yaml does not exist (AMPEL_CONFIG)");
});

test("without any file the places that were searched are named, and the way to a first one", async () => {
  const failure = await failureOf({});
  expect(failure.code).toBe("config-missing");
  expect(say(failure.what, "en")).toContain(`${join(folder, "here/ampel.yaml")}, ${join(folder, "etc.yaml")}`);
  expect(say(failure.nextStep, "en")).toContain("ampel init");
});

test("an invalid file is one failure that carries every problem with its full path", async () => {
  const file = join(folder, "here/ampel.yaml");
  await writeFile(file, "version: 1\nnmae: x\nlanguage: xx\n");
  const failure = await failureOf({});
  expect(failure).toBeInstanceOf(ConfigInvalid);
  expect(failure.code).toBe("config-invalid");
  expect((failure as ConfigInvalid).problems.map(({ file: at, line, field }) => [at, line, field])).toEqual([
    [file, 1, "name"],
    [file, 2, "nmae"],
    [file, 3, "language"],
  ]);
  expect(failure.message).toContain("has 3 mistakes, the first: line 1, column 1, name: name is missing");
});

test.each([
  ["a folder", async (file: string) => await mkdir(file), "config-missing", "is a folder"],
  [
    "a file of 10 MB",
    async (file: string) => await writeFile(file, Buffer.alloc(10 * 1024 * 1024, "a: b\n")),
    "config-invalid",
    "10.0 MiB",
  ],
  [
    "random bytes",
    async (file: string) => await writeFile(file, Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3])),
    "config-invalid",
    "not UTF-8",
  ],
  ["an empty file", async (file: string) => await writeFile(file, ""), "config-invalid", "is empty"],
  ["a link to nothing", async (file: string) => await symlink("/gone", file), "config-missing", "does not exist (--config)"],
  ["a pipe nobody writes to", async (file: string) => void execFileSync("mkfifo", [file]), "config-missing", "cannot be read (ENOTREG)"],
])("%s ends with its own sentence", async (_, make, code, words) => {
  await make(join(folder, "here/ampel.yaml"));
  const failure = await failureOf({ path: "ampel.yaml" });
  expect(failure.code).toBe(code);
  expect(say(failure.what, "en")).toContain(words);
});

test.skipIf(process.getuid?.() !== 0)("a file this user may not read is an error, not passed over for the next place", async () => {
  const file = join(folder, "here/ampel.yaml");
  await writeFile(file, named("secret"));
  await writeFile(join(folder, "etc.yaml"), named("system"));
  await chmod(file, 0o000);
  await chmod(folder, 0o755);
  const url = new URL("./load.ts", import.meta.url).href;
  const script = `const { loadConfig } = await import(${JSON.stringify(url)}); try { console.log((await loadConfig(${JSON.stringify(search())})).config.name) } catch (error) { console.log(error.code, error.message) }`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], { uid: 65_534, gid: 65_534, encoding: "utf8" });
  expect(printed).toMatch(/^config-missing .*cannot be read \(EACCES\)/);
});

test("relative secret files and ~ start from the configuration's folder and the home folder", async () => {
  await writeFile(join(folder, "key"), "word\n");
  await writeFile(join(folder, "here/ampel.yaml"), `${named("x")}vendors: { retell: { apiKey: "\${file:../key}" } }\n`);
  const { config } = await loadConfig(search());
  expect(config.vendors["retell"]?.spec["key"]).toSatisfy((key) => key instanceof Secret && key.reveal() === "word");
});
