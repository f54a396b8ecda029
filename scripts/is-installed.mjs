// Exit 0 when node_modules holds what package-lock.json names for this machine, else 1 and the first difference.
// --mark then writes the lockfile's hash beside it, which scripts/ensure-installed.sh compares at every start.
// Runs under any Node from 20 on.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const isMarking = process.argv.includes("--mark");
const lockfile = readFileSync(join(root, "package-lock.json"));
const difference = findDifference();
if (difference === undefined) {
  const hash = createHash("sha256").update(lockfile).digest("hex");
  if (isMarking) writeFileSync(join(root, "node_modules/.ampel-installed"), `${hash}\n`);
} else {
  console.error(`ampel: ${difference}`);
  process.exitCode = 1;
}

function findDifference() {
  const installedPath = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedPath)) return "node_modules was not installed by npm";
  const installed = JSON.parse(readFileSync(installedPath, "utf8")).packages;
  // A production install carries no compiler; it is complete when the build is there.
  const isBuilt = existsSync(join(root, "dist/main.js"));
  for (const [path, wanted] of Object.entries(JSON.parse(lockfile.toString("utf8")).packages)) {
    if (path === "") continue;
    const found = installed[path];
    if (found === undefined) {
      if (isNeeded(wanted, isBuilt)) return `${path} is missing`;
    } else if (found.version !== wanted.version || found.integrity !== wanted.integrity) {
      return `${path} is ${found.version}, the lockfile says ${wanted.version}`;
    }
  }
  return undefined;
}

function isNeeded(wanted, isBuilt) {
  if (wanted.peer && wanted.optional) return false;
  if ((wanted.dev || wanted.devOptional) && (isBuilt || wanted.optional || wanted.devOptional)) return false;
  if (!wanted.optional) return true;
  // npm passes over an optional package that it could not download; ours (Node, Postgres) are optional only by machine.
  return matches(wanted.os, process.platform) && matches(wanted.cpu, process.arch) && !wanted.libc && Boolean(wanted.os || wanted.cpu);
}

function matches(list, value) {
  return list === undefined || list.includes(value);
}
