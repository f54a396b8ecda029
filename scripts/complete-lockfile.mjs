// Adds to package-lock.json the optional packages of other machines that npm left out, which `npm ci` then refuses to pass over.
// npm leaves them out when node_modules was there before, or when a registry mirror lags behind. Run it after every `npm install`.
// They are pinned by version; they get no integrity because nobody here could read them. --check only lists, exit 1 if any.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const path = join(dirname(dirname(fileURLToPath(import.meta.url))), "package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8"));
const missing = findMissing(lock.packages);

if (process.argv.includes("--check")) {
  for (const { owner, name } of missing) console.log(`${owner} wants ${name}, which package-lock.json does not name`);
  process.exitCode = missing.length === 0 ? 0 : 1;
} else if (missing.length > 0) {
  for (const { owner, name, version } of missing) {
    lock.packages[`node_modules/${name}`] = describe(name, version, lock.packages[owner]);
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([left], [right]) => left.localeCompare(right, "en")));
  writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`);
  console.log(`package-lock.json: ${missing.length} optional packages of other machines added`);
}

function findMissing(packages) {
  return Object.entries(packages).flatMap(([owner, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !foldersAbove(owner).some((folder) => `${folder}node_modules/${name}` in packages))
      .map(([name, version]) => ({ owner, name, version })),
  );
}

/** Where Node looks for what a package imports: its own folder, then each one above. */
function foldersAbove(owner) {
  const folders = [""];
  let end = owner.indexOf("node_modules/");
  while (end !== -1) {
    const next = owner.indexOf("/node_modules/", end + 1);
    folders.push(`${next === -1 ? owner : owner.slice(0, next)}/`);
    end = next;
  }
  return folders;
}

/** The machine a package is for stands in its name: binding-linux-arm64-musl. */
function describe(name, version, owner) {
  const words = name.split(/[/-]/);
  const one = (key, known) => {
    const found = words.filter((word) => known.includes(word)).slice(0, 1);
    return found.length === 0 ? {} : { [key]: found };
  };
  if (!/^\d/.test(version)) throw new Error(`${name}@${version}: only an exact version can be added`);
  return {
    version,
    ...one("cpu", ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "wasm32", "x64"]),
    ...(owner.dev === true ? { dev: true } : {}),
    ...(words.includes("musl") ? { libc: ["musl"] } : words.includes("gnu") ? { libc: ["glibc"] } : {}),
    optional: true,
    ...one("os", ["aix", "android", "darwin", "freebsd", "linux", "openharmony", "win32"]),
  };
}
