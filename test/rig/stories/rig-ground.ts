import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import { startLab, type BootedHost } from "../booted-host.ts";

const root = resolve(import.meta.dirname, "../../..");

export type RigDocument = {
  readonly zone: string;
  readonly zoneNow: string;
  readonly mode: string;
  readonly findings: readonly RigFinding[];
  readonly blindSpots: readonly { readonly probeId: string; readonly message: string }[];
  readonly runs: readonly {
    readonly id: string;
    readonly playbook: string;
    readonly subject: string;
    readonly state: string;
    readonly message: string;
    readonly steps: readonly {
      readonly name: string;
      readonly state: string;
      readonly durationMs: number;
      readonly message: string;
      readonly output: string;
    }[];
  }[];
  readonly remaining: readonly (RigFinding & { readonly reason?: string })[];
  readonly changes: readonly { readonly kind: string; readonly host: string; readonly what: string }[];
  readonly durationMs: number;
};

export type RigFinding = {
  readonly cause: string;
  readonly subject: string;
  readonly zone: string;
  readonly message: string;
  readonly mutedBy?: string;
};

export type Answer = { readonly exitCode: number; readonly document: RigDocument; readonly stderr: string; readonly text: string };

export type AskOptions = {
  /** Another file of `configure`. */ readonly config?: string;
  /** A state folder of its own: fresh budgets, fresh baselines. */ readonly state?: string;
};

/** One booted server, reached by ssh, and the built command line as a child process that looks after it. */
export type RigGround = {
  readonly server: BootedHost;
  /** What this server has, for `configure`. */
  readonly sections: Readonly<Record<string, unknown>>;
  /** The entry of the server under `hosts`, for an account of it: root, or emergency with sudo. */
  hostAs(user: string): Record<string, unknown>;
  /** Runs a line of bash on the server, as root and without ssh; throws when it fails. */
  on(line: string): Promise<string>;
  configure(name: string, sections: Readonly<Record<string, unknown>>): string;
  emergency(options?: AskOptions): Promise<Answer>;
  ask(words: readonly string[], options?: AskOptions): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** A port of this machine that `ssh -L` leads to a port of the server's loopback. */
  tunnel(port: number): Promise<number>;
  stop(): Promise<void>;
};

/** Boots a server and freezes the program: others may build while the stories run. */
export async function openRigGround(options: { readonly name: string; readonly without?: readonly string[] }): Promise<RigGround> {
  const folder = mkdtempSync(join(tmpdir(), "ampel-rig-story-"));
  chmodSync(folder, 0o755); // the store's own account has to pass
  const states = new Set<string>();
  const held: ChildProcess[] = [];
  const program = freezeProgram(join(folder, "install"));
  const lab = await startLab();
  const stop = async (): Promise<void> => {
    for (const child of held) child.kill("SIGTERM");
    await lab.stop();
    for (const state of states) rmSync(lockFolderOf(state), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const server = await lab.bootHost(options);
    const sshConfig = writeSshConfig(folder, server);
    for (const user of ["root", "emergency"]) held.push(await holdLine(folder, sshConfig, `${user}@${server.sshTarget}`));
    const hostAs = (user: string): Record<string, unknown> => ({ ssh: `${user}@${server.sshTarget}`, sshConfig, ...quiet });
    const sections = {
      version: 1,
      name: "Booted",
      language: "en",
      hosts: { server: hostAs("root") },
      authority: { level: "act" },
      automation: wide,
    };
    const run: RigGround["ask"] = async (words, { config = "ampel", state = "state" } = {}) => {
      states.add(join(folder, state));
      const argv = ["--disable-warning=ExperimentalWarning", program, ...words, "--config", join(folder, `${config}.yaml`)];
      return await watch(
        spawn(process.execPath, argv, { cwd: folder, env: environment(join(folder, state)), stdio: ["ignore", "pipe", "pipe"] }),
      );
    };
    return {
      server,
      sections,
      hostAs,
      async on(line) {
        const { exitCode, stdout, stderr } = await server.exec(["bash", "-euo", "pipefail", "-c", line]);
        if (exitCode !== 0) throw new Error(`${line}: exit ${exitCode}\n${stdout}\n${stderr}`);
        return stdout;
      },
      configure(name, given) {
        const path = join(folder, `${name}.yaml`);
        writeFileSync(path, stringify(given, { lineWidth: 0 }), { mode: 0o600 });
        return path;
      },
      ask: run,
      async emergency(given) {
        const end = await run(["emergency-response", "--auto-fix", "--json"], given);
        try {
          const document = JSON.parse(end.stdout) as RigDocument;
          return { ...end, document, text: JSON.stringify(document) };
        } catch (error) {
          throw new Error(`not one JSON document (exit ${end.exitCode}):\n${end.stdout}\n${end.stderr}`, { cause: error });
        }
      },
      async tunnel(port) {
        const local = await freePort();
        const line = ["-F", server.sshConfigFile, "-N", "-L", `127.0.0.1:${local}:127.0.0.1:${port}`, server.sshTarget];
        held.push(spawn("ssh", line, { stdio: "ignore" }));
        await listening(local);
        return local;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Repairs happen here by the dozen; the limits have a story of their own. */
export const wide = { runsPerPlaybookAndHour: 90, runsPerHour: 90, restartsPerServiceIn15Minutes: 20 };

/** Load and clock of the server are this machine's, and those of the tests beside: they are no finding. */
const quiet = { disks: [{ path: "/" }], load: false, memory: false, clock: false };

/**
 * The lab's configuration, and one line that all looks share: a login of its own for each of a dozen looks at once is
 * more than sshd lets in (MaxStartups 10), and takes longer than their deadline on two cores.
 */
function writeSshConfig(folder: string, server: BootedHost): string {
  const path = join(folder, "ssh_config");
  writeFileSync(path, `Host *\n  ControlPath ${folder}/line-%r\n${readFileSync(server.sshConfigFile, "utf8")}`, { mode: 0o600 });
  return path;
}

async function holdLine(folder: string, config: string, target: string): Promise<ChildProcess> {
  const child = spawn("ssh", ["-F", config, "-N", "-M", target], { stdio: "ignore" });
  for (let turn = 0; turn < 400 && !existsSync(join(folder, `line-${target.split("@")[0]}`)); turn += 1) await pause(25);
  return child;
}

/** A copy of what `npm run build` made, in a folder that looks like an installation. */
function freezeProgram(install: string): string {
  // The launcher builds when a source is newer than the last build.
  const built = spawnSync(join(root, "ampel"), ["help"], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`no program to test: ${built.stderr}`);
  mkdirSync(install);
  for (const name of ["dist", "playbooks", "ampel", "package.json"]) cpSync(join(root, name), join(install, name), { recursive: true });
  for (const name of ["node_modules", "scripts"]) symlinkSync(join(root, name), join(install, name));
  return join(install, "dist/main.js");
}

function environment(state: string): NodeJS.ProcessEnv {
  return { ...process.env, AMPEL_STATE_DIR: state, AMPEL_DATABASE_URL: "", AMPEL_LANG: "en", FORCE_COLOR: undefined };
}

const commandLimitMs = 110_000;

async function watch(child: ChildProcess): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const limit = setTimeout(() => child.kill("SIGKILL"), commandLimitMs);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(limit);
  return { exitCode: code ?? -1, stdout, stderr };
}

/** As `App.lockFolder` names it. */
function lockFolderOf(state: string): string {
  return join("/dev/shm", `ampel-${process.getuid?.() ?? 0}-${createHash("sha256").update(resolve(state)).digest("hex").slice(0, 16)}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function listening(port: number): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise<boolean>((settle) => socket.once("connect", () => settle(true)).once("error", () => settle(false)));
    socket.destroy();
    if (isOpen) return;
    await pause(25);
  }
  throw new Error(`nothing listens on ${port}`);
}
