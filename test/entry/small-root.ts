import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand, type CommandOptions, type CommandResult } from "../../src/kernel/exec.ts";

const repository = join(import.meta.dirname, "../..");

/** What the entry points need of the repository, with a command line of three lines instead of the real one. */
export type SmallRoot = {
  readonly path: string;
  /** Runs a file of the root, in the root unless `cwd` says otherwise. */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  read(file: string): string;
  write(file: string, text: string): void;
  has(file: string): boolean;
  /** Folders of installations that are under way or were given up. */
  leftovers(): string[];
  remove(): void;
};

/** Prints where and how it was started; `exit N` ends with that code. */
const commandLine = `
const [first, second] = process.argv.slice(2);
if (first === "exit") process.exit(Number(second));
console.log(JSON.stringify({ version: "one", arguments: process.argv.slice(2), cwd: process.cwd(), pid: process.pid }));
`;

const lockfile = (version: string): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { "": {}, "node_modules/bell": { version, integrity: `sha512-${version}` } } });

/** A root in a temporary folder whose name has spaces; not installed. */
export function createSmallRoot(): SmallRoot {
  const path = join(mkdtempSync(join(tmpdir(), "ampel entry ")), "the root");
  mkdirSync(join(path, "src"), { recursive: true });
  for (const name of ["ampel", "emergency-response.sh", "scripts", "package.json", "tsconfig.json", "tsconfig.build.json"]) {
    cpSync(join(repository, name), join(path, name), { recursive: true });
  }
  writeFileSync(join(path, "src/main.ts"), commandLine);
  writeFileSync(join(path, "package-lock.json"), lockfile("1.0.0"));
  return {
    path,
    run: (argv, options = {}) => runCommand(argv, { cwd: path, timeoutMs: 30_000, ...options }),
    read: (file) => readFileSync(join(path, file), "utf8"),
    write: (file, text) => writeFileSync(join(path, file), text),
    has: (file) => existsSync(join(path, file)),
    leftovers: () => readdirSync(path).filter((name) => name.startsWith(".install-")),
    remove: () => rmSync(join(path, ".."), { recursive: true, force: true }),
  };
}

/** Changes what the lockfile wants. */
export function wantVersion(root: SmallRoot, version: string): void {
  root.write("package-lock.json", lockfile(version));
}

/** Lays down what `npm ci` would: Node, the compiler, and npm's own record of it. */
export function layInstallation(folder: string, version = "1.0.0"): void {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  mkdirSync(join(modules, "node-linux-here/bin"), { recursive: true });
  symlinkSync(process.execPath, join(modules, "node-linux-here/bin/node"));
  symlinkSync("../node-linux-here/bin/node", join(modules, ".bin/node"));
  for (const name of ["@typescript", "@types", "undici-types"]) symlinkSync(join(repository, "node_modules", name), join(modules, name));
  writeFileSync(join(modules, ".package-lock.json"), lockfile(version));
  writeFileSync(join(modules, "version"), version);
}

/** An `npm` for the front of PATH: a shell text that finds the folder to install into in `$PWD`; calls are counted in `npm.calls`. */
export function fakeNpm(root: SmallRoot, body: string): { readonly env: Record<string, string>; calls(): number } {
  const folder = join(root.path, "../fake npm");
  const calls = join(root.path, "../npm.calls");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "npm"), `#!/bin/sh\necho "$@" >>'${calls}'\n${body}\n`);
  chmodSync(join(folder, "npm"), 0o755);
  return {
    env: { PATH: `${folder}:${process.env["PATH"] ?? ""}` },
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n").length : 0),
  };
}

/** The body of an npm that succeeds: it copies an installation that was laid beforehand. */
export function npmThatInstalls(root: SmallRoot, version: string): string {
  const ready = join(root.path, `../ready ${version}`);
  layInstallation(ready, version);
  return `cp -a '${ready}/node_modules' "$PWD/"`;
}
