import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { openHost } from "../integrations/host.ts";
import { runCommand } from "../kernel/exec.ts";
import { Failure } from "../kernel/failure.ts";
import { message, verbatim, type Message } from "../kernel/message.ts";
import { isSecretReference, Secret } from "../kernel/secret.ts";
import { expandProbes, hostOfDatabase } from "./expand.ts";
import { withFullPaths } from "./full-paths.ts";
import type { LoadedConfig } from "./load.ts";
import type { ConfigProblem, FieldPath } from "./problem.ts";
import { readSource, type ConfigSource } from "./source.ts";

/** `error`: something will not work as written; `warning`: it works, and yet somebody should look. */
export type ConfigFinding = ConfigProblem & { readonly level: "error" | "warning" };

export type CheckOptions = {
  readonly signal: AbortSignal;
  /** Also knock at every ssh host. Without it nothing leaves this machine. */
  readonly canConnect?: boolean;
  readonly home?: string;
};

type Report = (level: ConfigFinding["level"], path: FieldPath, what: Message, instead: Message) => void;

/** Whether what a valid configuration names is really there: secrets, ssh targets, files. In the order of the file. */
export async function checkConfig(loaded: LoadedConfig, options: CheckOptions): Promise<ConfigFinding[]> {
  const source = readSource(loaded.file, loaded.text);
  const findings: ConfigFinding[] = [];
  const report: Report = (level, path, what, instead) => findings.push({ level, ...source.problemAt(path, what, instead) });
  await Promise.all([
    checkSecrets(loaded, source, report, options),
    checkFile(loaded, report),
    checkHosts(loaded, report, options),
    checkFolders(loaded, report),
  ]);
  checkSense(loaded, report);
  return findings.sort((one, other) => one.line - other.line || one.column - other.column);
}

async function checkSecrets({ file }: LoadedConfig, source: ConfigSource, report: Report, { home }: CheckOptions): Promise<void> {
  for (const [path, text] of references(withFullPaths(source.value, dirname(file), home), [], 0)) {
    try {
      if (new Secret(text).reveal() === "") {
        report("error", path, message("config.secret-empty", { reference: text }), message("config.secret-fill", { reference: text }));
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      report("error", path, error.what, error.nextStep);
    }
    const [, secretFile] = /^\$\{file:(.+)\}$/.exec(text) ?? [];
    if (secretFile !== undefined && (await isOpenToAll(secretFile, 0o004))) {
      report(
        "warning",
        path,
        message("config.secret-open", { path: secretFile }),
        message("config.chmod", { mode: "600", path: secretFile }),
      );
    }
  }
}

function* references(value: unknown, path: FieldPath, depth: number): Generator<[FieldPath, string]> {
  if (depth > 30) return;
  if (typeof value === "string" && isSecretReference(value)) yield [path, value];
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) yield* references(item, [...path, Array.isArray(value) ? Number(key) : key], depth + 1);
}

/** Whoever may write this file decides what runs on every host. */
async function checkFile({ file }: LoadedConfig, report: Report): Promise<void> {
  if (await isOpenToAll(file, 0o002)) {
    report("error", [], message("config.file-open", { path: file }), message("config.chmod", { mode: "640", path: file }));
  }
}

async function isOpenToAll(path: string, bits: number): Promise<boolean> {
  return await stat(path).then(
    ({ mode }) => (mode & bits) !== 0,
    () => false,
  );
}

async function checkHosts({ config }: LoadedConfig, report: Report, { signal, canConnect = false }: CheckOptions): Promise<void> {
  await Promise.all(
    Object.entries(config.hosts).map(async ([name, { address }]) => {
      if (address.via === "local") return;
      const { target, configFile } = address;
      if (configFile !== undefined && !(await isReadable(configFile))) {
        report(
          "error",
          ["hosts", name, "sshConfig"],
          message("config.file-missing", { path: configFile }),
          message("config.file-missing-next"),
        );
        return;
      }
      // `ssh -G` prints what ssh would do and connects to nothing.
      const argv = ["ssh", ...(configFile === undefined ? [] : ["-F", configFile]), "-G", "--", target];
      const asked = await runCommand(argv, { timeoutMs: 3_000, signal });
      if (asked.exitCode !== 0) {
        const reason = asked.startError ?? (asked.stderr.trim().split("\n").at(-1) || `exit ${asked.exitCode ?? "?"}`);
        report("error", ["hosts", name, "ssh"], message("config.ssh-unusable", { target, reason }), message("config.ssh-next", { target }));
        return;
      }
      if (!canConnect) return;
      const answer = await openHost(name, address).run(["true"], { timeoutMs: 8_000, signal });
      if (answer.exitCode === 0) return;
      const reason = answer.isTimedOut
        ? "8 s"
        : (answer.startError ?? (answer.stderr.trim().split("\n").at(-1) || `exit ${answer.exitCode ?? "?"}`));
      report(
        "error",
        ["hosts", name, "ssh"],
        message("config.ssh-unreachable", { target, reason: verbatim(reason) }),
        message("config.ssh-next", { target }),
      );
    }),
  );
}

async function checkFolders({ config }: LoadedConfig, report: Report): Promise<void> {
  for (const [index, path] of config.playbooks.folders.entries()) {
    if (!(await isReadable(path))) {
      report("error", ["playbooks", "folders", index], message("config.file-missing", { path }), message("config.file-missing-next"));
    }
  }
  for (const [name, { host, park }] of Object.entries(config.disposables)) {
    if (park === undefined || config.hosts[host]?.address.via === "ssh") continue;
    if (!(await isReadable(park))) {
      report("error", ["disposables", name, "park"], message("config.file-missing", { path: park }), message("config.file-missing-next"));
    }
  }
}

async function isReadable(path: string): Promise<boolean> {
  return await access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** Valid, and yet probably not meant. */
function checkSense({ config }: LoadedConfig, report: Report): void {
  if (expandProbes(config).every(({ kind }) => kind === "playbooks")) {
    report("error", [], message("config.watches-nothing"), message("config.watches-nothing-next"));
  }
  if (Object.keys(config.people).length === 0) report("warning", [], message("config.nobody"), message("config.nobody-next"));
  if (Object.keys(config.databases).length > 0 && Object.keys(config.backups).length === 0) {
    report("warning", ["databases"], message("config.no-backup"), message("config.no-backup-next"));
  }
  for (const [name, database] of Object.entries(config.databases)) {
    // The drivers ask from here: 127.0.0.1 is this machine, not the host behind ssh (unless a port is forwarded).
    const { address, socket } = database.watch.spec as { address?: string; socket?: string };
    const host = hostOfDatabase(config, name);
    if (
      config.hosts[host]?.address.via !== "ssh" ||
      (socket === undefined && address !== "127.0.0.1" && address !== "localhost" && address !== "::1")
    ) {
      continue;
    }
    report(
      "warning",
      ["databases", name, socket === undefined ? "address" : "socket"],
      message("config.asked-here", { name, host }),
      message("config.asked-here-next", { host }),
    );
  }
  for (const [name, cache] of Object.entries(config.caches)) {
    if (cache.in !== "redis") continue;
    const queue = Object.keys(config.queues).find(
      (each) => numberOf(config, each) === cache.database && config.queues[each]?.on === cache.redis,
    );
    if (queue === undefined) continue;
    const what = message("config.cache-with-queue", { cache: name, queue, database: cache.database });
    report("warning", ["caches", name, "database"], what, message("config.cache-with-queue-next"));
  }
}

/** Number of the Redis database a queue lies in. */
function numberOf({ queues, databases }: LoadedConfig["config"], name: string): unknown {
  const queue = queues[name];
  return queue?.database ?? databases[queue?.on ?? ""]?.watch.spec["database"];
}
