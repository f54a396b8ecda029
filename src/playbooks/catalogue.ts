import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Failure } from "../kernel/failure.ts";
import { message } from "../kernel/message.ts";
import { zones, type Cause, type Zone } from "../probes/cause.ts";
import { findNearest } from "./front-matter.ts";
import { parsePlaybook } from "./parse.ts";
import { sectionNeed, type Playbook, type Problem } from "./playbook.ts";

export type PlaybookCatalogue = {
  /** Each id once; a later folder replaces what an earlier one holds under the same id. */
  readonly playbooks: readonly Playbook[];
  /** What is wrong with the files that are not among them; a broken one never hides the good ones. */
  readonly problems: readonly Problem[];
  /** Shipped playbooks that one of the team took the place of. */
  readonly replaced: readonly { readonly id: string; readonly path: string; readonly by: string }[];
};

const maxBytes = 256 * 1024;
const maxDepth = 4;

/** Loads every `.md` below the folders but `README.md`. A folder or file that cannot be read is a problem, never an exception. */
export async function loadCatalogue(folders: readonly string[]): Promise<PlaybookCatalogue> {
  const byId = new Map<string, Playbook>();
  const problems: Problem[] = [];
  const replaced: { id: string; path: string; by: string }[] = [];
  for (const folder of folders) {
    const ofFolder = new Map<string, Playbook>();
    for (const path of await listFiles(folder, problems)) {
      const text = await readText(path, problems);
      if (text === undefined) continue;
      const parsed = parseOnce(text, path);
      problems.push(...parsed.problems);
      if (parsed.playbook === undefined) continue;
      const { id } = parsed.playbook;
      const earlier = ofFolder.get(id);
      if (earlier === undefined) ofFolder.set(id, parsed.playbook);
      else {
        problems.push(
          problem("id-twice", path, message("playbook.id-twice", { id, path: earlier.path }), message("playbook.id-twice.way")),
        );
      }
    }
    for (const [id, playbook] of ofFolder) {
      const shipped = byId.get(id);
      if (shipped !== undefined) replaced.push({ id, path: shipped.path, by: playbook.path });
      byId.set(id, playbook);
    }
  }
  for (const { returnPlaybook, path } of byId.values()) {
    if (returnPlaybook === undefined || byId.has(returnPlaybook)) continue;
    problems.push(
      problem("return-missing", path, message("playbook.return-missing", { id: returnPlaybook }), message("playbook.return-missing.way")),
    );
  }
  const playbooks = [...byId.values()].sort(
    (left, right) => zones.indexOf(right.zone) - zones.indexOf(left.zone) || left.id.localeCompare(right.id),
  );
  return { playbooks, problems, replaced };
}

const parsedBefore = new Map<string, { readonly text: string; readonly parsed: ReturnType<typeof parsePlaybook> }>();

/** A daemon loads the catalogue in the first moments of every emergency: what has not changed since is not parsed again. */
function parseOnce(text: string, path: string): ReturnType<typeof parsePlaybook> {
  const before = parsedBefore.get(path);
  if (before?.text === text) return before.parsed;
  const parsed = parsePlaybook(text, path);
  parsedBefore.set(path, { text, parsed });
  return parsed;
}

/** The playbooks for a system whose configuration has these sections (`gateway`). */
export function playbooksFor(playbooks: readonly Playbook[], sections: ReadonlySet<string>): Playbook[] {
  const isThere = (need: string): boolean => !need.startsWith(sectionNeed) || sections.has(need.slice(sectionNeed.length));
  return playbooks.filter(({ needs }) => needs.every(isThere));
}

type Found = { readonly cause: Cause; readonly subject: string; readonly zone: Zone };

/**
 * The playbooks triggered by a cause: those that name this very subject first, then those of the finding's zone, then the
 * more urgent ones.
 */
export function findPlaybooks(playbooks: readonly Playbook[], { cause, subject, zone }: Found): Playbook[] {
  const rank = (playbook: Playbook): number => {
    if (playbook.triggers.includes(`${cause}:${subject}`)) return -2;
    return playbook.zone === zone ? -1 : zones.length - zones.indexOf(playbook.zone);
  };
  return playbooks
    .filter(({ triggers }) => triggers.includes(cause) || triggers.includes(`${cause}:${subject}`))
    .sort((left, right) => rank(left) - rank(right) || left.id.localeCompare(right.id));
}

/** By id (`disk-full`) or by folder and id (`red/disk-full`). @throws {Failure} not-found */
export function findPlaybook(catalogue: PlaybookCatalogue, name: string): Playbook {
  const found = catalogue.playbooks.find(
    ({ id, path }) => id === name || path === name || path.endsWith(`/${name}.md`) || path.endsWith(`/${name}`),
  );
  if (found !== undefined) return found;
  const nearest = findNearest(
    basename(name),
    catalogue.playbooks.map(({ id }) => id),
  );
  throw new Failure("not-found", message("playbook.not-found", { id: name, nearest }), message("playbook.not-found.way"));
}

async function listFiles(folder: string, problems: Problem[]): Promise<string[]> {
  const files: string[] = [];
  const walk = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true });
    for (const entry of entries.sort((left, right) => left.name.localeCompare(right.name))) {
      if (entry.name.startsWith(".")) continue;
      const inner = join(path, entry.name);
      if (entry.isDirectory() && depth < maxDepth) await attempt(inner, () => walk(inner, depth + 1));
      else if (entry.name.endsWith(".md") && entry.name !== "README.md") files.push(inner);
    }
  };
  const attempt = async (path: string, read: () => Promise<void>): Promise<void> => {
    try {
      await read();
    } catch (error) {
      problems.push(
        problem(
          "folder-unreadable",
          path,
          message("playbook.folder-unreadable", { path, reason: reasonOf(error) }),
          message("playbook.folder-unreadable.way"),
        ),
      );
    }
  };
  await attempt(folder, () => walk(folder, 0));
  return files;
}

async function readText(path: string, problems: Problem[]): Promise<string | undefined> {
  const unreadable = (reason: string): undefined => {
    problems.push(
      problem(
        "file-unreadable",
        path,
        message("playbook.file-unreadable", { reason }),
        message("playbook.file-unreadable.way", { limit: maxBytes / 1024 }),
      ),
    );
    return undefined;
  };
  try {
    const found = await stat(path);
    // A pipe or a device would be read for ever.
    if (!found.isFile()) return unreadable("ENOTFILE");
    if (found.size > maxBytes) return unreadable(`${found.size} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    return unreadable(reasonOf(error));
  }
}

function problem(rule: string, path: string, what: Problem["message"], safeWay: Problem["safeWay"]): Problem {
  return { rule, path, line: 1, message: what, safeWay };
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
