import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../integrations/host.ts";
import { Failure } from "../kernel/failure.ts";
import { newId } from "../kernel/ids.ts";
import { message, verbatim } from "../kernel/message.ts";
import { couldNotAsk, type Disposable, type DisposableFile } from "./disposable-files.ts";

/** What was taken from a full disk, and where it went: the way back reads this. */
export type Clearance = {
  readonly id: string;
  readonly host: string;
  readonly at: number;
  /** Folder the files were parked in; absent when they were deleted. */
  readonly park?: string;
  readonly files: readonly DisposableFile[];
  readonly isRestored: boolean;
};

/**
 * Deletes or parks exactly these files. The list is on disk before the first one goes, so a killed process
 * leaves a list that can be restored from.
 * @throws {Failure} refused-unsafe when the park lies on the same file system: moving would free nothing
 */
export async function clearFiles(
  host: Host,
  disposable: Disposable,
  files: readonly DisposableFile[],
  ledgerFolder: string,
  now: number,
  signal: AbortSignal,
): Promise<Clearance> {
  const id = newId("clear");
  const { park } = disposable;
  if (park !== undefined) await refuseSameDisk(host, park, files, signal);
  const clearance: Clearance = {
    id,
    host: host.name,
    at: now,
    files,
    isRestored: false,
    ...(park === undefined ? {} : { park: join(park, id) }),
  };
  writeLedger(ledgerFolder, clearance);
  // Names come on stdin, one per NUL: a file name can hold anything else.
  const input = files.map(({ path }) => `${path}\0`).join("");
  const remove =
    clearance.park === undefined
      ? `rm -f -- "$file"`
      : `mkdir -p -- "$PARK$(dirname -- "$file")"; cp -a -- "$file" "$PARK$file" && sync "$PARK$file" && rm -f -- "$file"`;
  const act = `gone=0; while IFS= read -r -d '' file; do { ${remove}; } || true; [ -e "$file" ] || gone=$((gone + 1)); done; echo "$gone"`;
  const done = await host.script(act, { env: { PARK: clearance.park ?? "" }, input, signal, timeoutMs: 120_000 });
  if (done.exitCode !== 0) throw couldNotAsk(host, done.stderr);
  const gone = Number(done.stdout.trim());
  // What was freed is what is gone, not what was asked for.
  if (gone !== files.length) {
    throw new Failure(
      "service-failed",
      message("disk.not-all-gone", { gone, count: files.length, reason: verbatim(lastLine(done.stderr)) }),
      message("disk.not-all-gone-next", { id }),
    );
  }
  return clearance;
}

/** Puts parked files back where they were; a file that has a successor by now is left in the park. Returns how many came back. */
export async function restoreClearance(host: Host, clearance: Clearance, ledgerFolder: string, signal: AbortSignal): Promise<number> {
  if (clearance.park === undefined) {
    throw new Failure("refused-unsafe", message("disk.not-parked", { id: clearance.id }), message("disk.not-parked-next"));
  }
  const input = clearance.files.map(({ path }) => `${path}\0`).join("");
  const act = `count=0; while IFS= read -r -d '' file; do if [ -e "$PARK$file" ] && [ ! -e "$file" ]; then cp -a -- "$PARK$file" "$file"; rm -f -- "$PARK$file"; count=$((count + 1)); fi; done; echo "$count"`;
  const done = await host.script(act, { env: { PARK: clearance.park }, input, signal, timeoutMs: 120_000 });
  if (done.exitCode !== 0) throw couldNotAsk(host, done.stderr);
  writeLedger(ledgerFolder, { ...clearance, isRestored: true });
  return Number(done.stdout.trim());
}

/** Everything that was ever cleared, newest first. */
export function listClearances(ledgerFolder: string): Clearance[] {
  try {
    const names = readdirSync(ledgerFolder).filter((name) => name.endsWith(".json"));
    return names
      .map((name) => JSON.parse(readFileSync(join(ledgerFolder, name), "utf8")) as Clearance)
      .sort((left, right) => right.at - left.at);
  } catch {
    return [];
  }
}

async function refuseSameDisk(host: Host, park: string, files: readonly DisposableFile[], signal: AbortSignal): Promise<void> {
  const [first] = files;
  if (first === undefined) return;
  const seen = await host.script(`mkdir -p -- "$PARK" && stat -c %d -- "$PARK" "$(dirname -- "$FILE")"`, {
    env: { PARK: park, FILE: first.path },
    signal,
    timeoutMs: 10_000,
  });
  if (seen.exitCode !== 0) throw couldNotAsk(host, seen.stderr);
  const [there, here] = seen.stdout.trim().split("\n");
  if (there === here) throw new Failure("refused-unsafe", message("disk.same-disk", { park }), message("disk.same-disk-next"));
}

function writeLedger(folder: string, clearance: Clearance): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${clearance.id}.json`);
  writeFileSync(`${path}.draft`, JSON.stringify(clearance), { mode: 0o600, flush: true });
  renameSync(`${path}.draft`, path);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
