import { X509Certificate } from "node:crypto";
import { message, type Message } from "../kernel/message.ts";
import type { Change, ChangeKind } from "./change.ts";

/** Content of configuration files by path, as known at `at` (epoch ms UTC). */
export type Snapshot = { readonly at: number; readonly hashes: Readonly<Record<string, string>> };

/** The changes that the lines of `lookText` tell, and the snapshot to compare the next look with. */
export function readLook(
  host: string,
  printed: string,
  since: number,
  now: number,
  before: Snapshot | undefined,
): { changes: Change[]; snapshot: Snapshot } {
  const facts = printed.split("\n").map((line) => line.split("\t"));
  const of = (tag: string): string[][] => facts.filter(([first]) => first === tag).map(([, ...rest]) => rest);
  const offsetMinutes = minutesEast(of("ZONE")[0]?.[0] ?? "+0000");
  const hashes = Object.fromEntries(of("HASH").map(([hash = "", path = ""]) => [path, hash]));
  const changes: Change[] = [];
  const add = (kind: ChangeKind, at: number, what: Message): void => {
    if (at >= since && at <= now + 60_000) changes.push({ at, kind, host, what });
  };
  const bootedAt = Number(of("BOOT")[0]?.[0] ?? 0) * 1000;
  add("host", bootedAt, message("change.booted", { host }));
  for (const [at, path = "", target = ""] of of("LINK")) {
    add("release", Number(at) * 1000, message("change.release-link", { path, target: target === "" ? path : target }));
  }
  for (const [at, path = "", commit = "", did = ""] of of("GIT")) {
    add("release", Number(at) * 1000, message("change.release-git", { path, commit, did: did.slice(0, 120) }));
  }
  // Of the two times the later one counts: a file put in place with an old date is new all the same.
  const files = of("FILE").map(([kind = "", changed, touched, path = ""]) => ({
    kind: kindOfFile(kind, path),
    at: Math.round(Math.max(Number(changed), Number(touched)) * 1000),
    path,
  }));
  for (const { kind, at, paths } of groupFiles(files)) {
    if (paths.length <= namedFiles) for (const path of paths) add(kind, at, message("change.file", { path }));
    else {
      add(
        kind,
        at,
        message("change.files", { count: paths.length, names: `${paths.slice(0, namedFiles).join(", ")} +${paths.length - namedFiles}` }),
      );
    }
  }
  const told = new Set(of("FILE").map(([, , , path = ""]) => path));
  if (before !== undefined) {
    for (const [path, hash] of Object.entries(before.hashes)) {
      if (told.has(path) || hashes[path] === hash) continue;
      add(
        "configuration",
        now,
        hashes[path] === undefined ? message("change.file-gone", { path }) : message("change.file-content", { path }),
      );
    }
  }
  for (const { at, what } of groupPackages(of("PACKAGE"), offsetMinutes)) add("package", at, what);
  for (const [at, unit = "", restarts = "0"] of of("UNIT")) {
    add(
      "unit",
      Number(at) * 1000,
      Number(restarts) > 0 ? message("change.unit-restarts", { unit, restarts: Number(restarts) }) : message("change.unit", { unit }),
    );
  }
  for (const [block = "", path = ""] of of("CERTIFICATE")) {
    const issuedAt = readIssueDate(block);
    if (issuedAt === undefined) {
      changes.push({
        at: now,
        kind: "certificate",
        host,
        isBlind: true,
        what: message("change.blind", { host, reason: `${path} is no readable certificate` }),
      });
    } else add("certificate", issuedAt, message("change.certificate", { path }));
  }
  const blind = of("BLIND").map(([kind = "", reason = ""]): Change => ({
    at: now,
    kind: kind as ChangeKind,
    host,
    isBlind: true,
    what: message("change.blind", { host, reason }),
  }));
  return { changes: [...changes, ...blind], snapshot: { at: now, hashes } };
}

function kindOfFile(kind: string, path: string): ChangeKind {
  if (kind === "playbook" || kind === "cron") return kind;
  if (path.startsWith("/etc/cron")) return "cron";
  return "configuration";
}

const namedFiles = 3;
const sameActMs = 10_000;

type ChangedFile = { readonly kind: ChangeKind; readonly at: number; readonly path: string };

/** Files of one kind that changed within ten seconds of each other belong to one act: an installation, a deployment, a checkout. */
function groupFiles(files: readonly ChangedFile[]): { kind: ChangeKind; at: number; paths: string[] }[] {
  const groups: { kind: ChangeKind; at: number; paths: string[] }[] = [];
  for (const { kind, at, path } of files.toSorted((left, right) => left.kind.localeCompare(right.kind) || left.at - right.at)) {
    const last = groups.at(-1);
    if (last !== undefined && last.kind === kind && at - last.at <= sameActMs) {
      last.paths.push(path);
      last.at = at;
    } else groups.push({ kind, at, paths: [path] });
  }
  return groups;
}

/** When a PEM certificate (in base64 once more) begins to be valid; `undefined` when it cannot be read. */
function readIssueDate(block: string): number | undefined {
  try {
    return new X509Certificate(Buffer.from(block, "base64").toString("latin1").replaceAll("TRUSTED ", "")).validFromDate.getTime();
  } catch {
    return undefined;
  }
}

/** Minutes east of UTC of `+0200`. */
function minutesEast(zone: string): number {
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d{2})(\d{2})$/.exec(zone) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

const sameRunMs = 10 * 60_000;
const namedPackages = 4;

/** One message per run of the package manager: what is at most ten minutes apart belongs together. */
function groupPackages(lines: readonly string[][], offsetMinutes: number): { at: number; what: Message }[] {
  const acts = lines
    .map(([time = "", act = "", name = "", version = ""]) => ({
      at: Date.parse(`${time.replace(" ", "T")}Z`) - offsetMinutes * 60_000,
      act,
      name: name.replace(/:\w+$/, ""),
      version,
    }))
    .filter(({ at }) => !Number.isNaN(at))
    .toSorted((left, right) => left.at - right.at);
  const runs: (typeof acts)[] = [];
  for (const act of acts) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run === undefined || last === undefined || act.at - last.at > sameRunMs) runs.push([act]);
    else run.push(act);
  }
  return runs.map((run) => {
    const names = [
      ...new Set(run.map(({ act, name, version }) => (act === "upgrade" || act === "install" ? `${name} ${version}`.trim() : `-${name}`))),
    ];
    const more = names.length > namedPackages ? ` +${names.length - namedPackages}` : "";
    return {
      at: run.at(-1)?.at ?? 0,
      what: message("change.packages", { count: names.length, names: names.slice(0, namedPackages).join(", ") + more }),
    };
  });
}
