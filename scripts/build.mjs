// Compiles src/ to dist/ without checking types (`npm run types` does that), so that a start never waits for a type checker.
// Every file is renamed into place: a command that starts meanwhile reads the old file or the new one, never half of one.
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, renameSync, rmSync, rmdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(import.meta.dirname);
const target = join(root, "dist");
mkdirSync(target, { recursive: true });
sweep();
const fresh = mkdtempSync(join(target, ".new-"));
try {
  // Its time is the start of the build: what is edited while the compiler runs counts as newer.
  closeSync(openSync(join(fresh, ".built"), "w"));
  const compiler = fileURLToPath(import.meta.resolve("@typescript/native/package.json"));
  const options = ["-p", "tsconfig.build.json", "--noCheck", "--outDir", fresh];
  execFileSync(process.execPath, [join(dirname(compiler), "bin/tsc"), ...options], { cwd: root, stdio: ["ignore", 2, 2] });
  if (!existsSync(join(fresh, "main.js"))) throw new Error("the compiler wrote no main.js");
  const built = filesOf(fresh);
  // The stamp last: a build that was cut off counts as none.
  for (const file of [...built.filter((name) => name !== ".built"), ".built"]) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    renameSync(join(fresh, file), join(target, file));
  }
  const kept = new Set(built);
  for (const file of filesOf(target)) {
    if (!kept.has(file) && !file.startsWith(".new-")) rmSync(join(target, file), { force: true });
  }
  removeEmptyFolders(target);
} catch (error) {
  console.error(`ampel: build failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true }).filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile());
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith(".new-")) continue;
    removeEmptyFolders(join(folder, entry.name));
    if (readdirSync(join(folder, entry.name)).length === 0) rmdirSync(join(folder, entry.name));
  }
}

/** What builds that were killed left behind; a running one is younger than this. */
function sweep() {
  const oldestMs = Date.now() - 600_000;
  for (const name of readdirSync(target).filter((entry) => entry.startsWith(".new-"))) {
    if (statSync(join(target, name)).mtimeMs < oldestMs) rmSync(join(target, name), { recursive: true, force: true });
  }
}
