import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openHost, type Host } from "../src/integrations/host.ts";

const program = "/usr/sbin/sshd";

/** False where no ssh server is installed; `scripts/install-test-services.sh` brings it. */
export const hasSshd = existsSync(program) && !isLockedOut();

/** An account whose shell is `nologin` (the usual `nobody`) is refused by sshd whatever key it shows. */
function isLockedOut(): boolean {
  return process.getuid?.() !== 0 && /(nologin|false)$/.test(userInfo().shell ?? "nologin");
}

export type TestSshd = {
  /** This machine, reached by a real ssh connection. */
  readonly host: Host;
  readonly port: number;
  readonly configFile: string;
  /** Ends the server and every connection it holds; it can be started again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
};

/** A real sshd on 127.0.0.1 with keys of its own, in a folder of its own. */
export async function startSshd(name = "loopback"): Promise<TestSshd> {
  const folder = mkdtempSync(join(tmpdir(), "ampel-sshd-"));
  const port = await freePort();
  for (const key of ["host_key", "client_key"]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, key)]);
  execFileSync("cp", [join(folder, "client_key.pub"), join(folder, "authorized_keys")]);
  // sshd insists on its separation folder; Debian's package makes it only when the unit starts.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  const serverConfig = join(folder, "sshd_config");
  writeFileSync(
    serverConfig,
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${folder}/host_key`,
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      `PidFile ${folder}/sshd.pid`,
      "UsePAM no",
      "StrictModes no",
      "PermitRootLogin yes",
      "PasswordAuthentication no",
      "MaxStartups 100:30:200",
      "MaxSessions 50",
      "",
    ].join("\n"),
  );
  const configFile = join(folder, "ssh_config");
  execFileSync("bash", [
    "-c",
    `printf '[127.0.0.1]:%s %s\n' "$1" "$(cut -d' ' -f1,2 "$2/host_key.pub")" >"$2/known_hosts"`,
    "hosts",
    String(port),
    folder,
  ]);
  writeFileSync(
    configFile,
    [
      `Host ${name}`,
      "  HostName 127.0.0.1",
      `  Port ${port}`,
      `  User ${userInfo().username}`,
      `  IdentityFile ${folder}/client_key`,
      "  IdentitiesOnly yes",
      `  UserKnownHostsFile ${folder}/known_hosts`,
      "  GlobalKnownHostsFile /dev/null",
      "",
    ].join("\n"),
    { mode: 0o600 },
  );
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = spawn(program, ["-D", "-e", "-f", serverConfig], { stdio: "ignore", detached: true });
    await accepts(port);
  };
  const kill = async (): Promise<void> => {
    const running = server;
    server = undefined;
    if (running?.pid === undefined || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    // Each connection is a child of the server, and moves into a session of its own.
    for (const pid of [...childrenOf(running.pid), running.pid]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // already gone
      }
    }
    await ended;
  };
  await start();
  return {
    host: openHost(name, { via: "ssh", target: name, configFile }),
    port,
    configFile,
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function childrenOf(pid: number): number[] {
  const listed = spawnedBy(pid);
  return [...listed, ...listed.flatMap(childrenOf)];
}

function spawnedBy(pid: number): number[] {
  try {
    return execFileSync("ps", ["-o", "pid=", "--ppid", String(pid)])
      .toString()
      .trim()
      .split("\n")
      .map(Number)
      .filter((child) => child > 0);
  } catch {
    return [];
  }
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function accepts(port: number): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => (socket.destroy(), resolve(true))).once("error", () => resolve(false));
    });
    if (isOpen) return;
    await wait(25);
  }
  throw new Error(`sshd does not listen on ${port}`);
}
