import { quote, type Host } from "../integrations/host.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim } from "../kernel/message.ts";

/** Files that the configuration names as disposable: patterns, and how long they must have been left alone. */
export type Disposable = { readonly host: string; readonly paths: readonly string[]; readonly olderThanMs: number; readonly park?: string };

export type DisposableFile = { readonly path: string; readonly bytes: number };

/**
 * What of it is there now, largest first. Symbolic links are neither followed nor listed, other file systems not entered.
 * @throws {Failure} host-unreachable when the host cannot be asked
 */
export async function listDisposable(host: Host, disposable: Disposable, signal: AbortSignal): Promise<DisposableFile[]> {
  const minutes = Math.ceil(disposable.olderThanMs / 60_000);
  const searches = disposable.paths.map((pattern) => {
    const folder = fixedFolder(pattern);
    const wanted = [
      "-xdev",
      "-type",
      "f",
      "-mmin",
      `+${minutes}`,
      "-regextype",
      "posix-extended",
      "-regex",
      quote(globToRegex(pattern)),
    ].join(" ");
    return `if [ -d ${quote(folder)} ]; then find ${quote(folder)} ${wanted} -printf '%b %p\\0'; fi`;
  });
  const found = await host.script(searches.join("\n"), { signal, timeoutMs: 30_000, maxOutputBytes: 8 * 1024 * 1024 });
  if (found.exitCode !== 0) throw couldNotAsk(host, found.stderr);
  const files = found.stdout.split("\0").flatMap((entry): DisposableFile[] => {
    const at = entry.indexOf(" ");
    // %b counts blocks of 512 bytes: what the file takes, not what it claims.
    return at < 1 ? [] : [{ bytes: Number(entry.slice(0, at)) * 512, path: entry.slice(at + 1) }];
  });
  return files.sort((left, right) => right.bytes - left.bytes);
}

/** The part of a pattern before its first wildcard, up to the last slash. */
export function fixedFolder(pattern: string): string {
  const plain = /^[^*?[\]]*/.exec(pattern)?.[0] ?? "";
  return plain.slice(0, plain.lastIndexOf("/")) || "/";
}

/** A pattern as a shell reads it: `*` and `?` never cross a slash. */
export function globToRegex(pattern: string): string {
  return pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
}

export function couldNotAsk(host: Host, reason: string): Failure {
  const what = message("disk.could-not-ask", { host: host.name, reason: verbatim(reason.trim().split("\n").at(-1) ?? "") });
  return new Failure("host-unreachable", what, message("next.blind"));
}
