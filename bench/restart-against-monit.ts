import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { stringify } from "yaml";

// I4: node bench/restart-against-monit.ts [--rounds 7]. Needs monit, nginx and a built dist/. Prints one JSON line per figure.
// Two nginx of the same configuration, one under Monit at its fastest cycle (1 s), one under `ampel daemon`; both watchers
// run all the time, and one nginx at a time is killed or stopped by a signal.
const { values: given } = parseArgs({
  options: { rounds: { type: "string", default: "7" }, program: { type: "string", default: "dist/main.js" } },
});
// Monit takes a zombie for alive, and the init of many a container reaps late: in a pid namespace of our own, bash reaps at once.
if (process.getuid?.() === 0 && process.env["AMPEL_BENCH_INSIDE"] === undefined) {
  const inside = [
    "--pid",
    "--fork",
    "--mount-proc",
    "--kill-child",
    "bash",
    "-c",
    '"$@" & wait $!; exit $?',
    "bash",
    process.execPath,
    ...process.argv.slice(1),
  ];
  const { status } = spawnSync("unshare", inside, { stdio: "inherit", env: { ...process.env, AMPEL_BENCH_INSIDE: "1" } });
  process.exit(status ?? 1);
}
const rounds = Number(given.rounds);
const program = resolve(given.program);
const folder = mkdtempSync(join(tmpdir(), "ampel-bench-restart-"));
chmodSync(folder, 0o755); // the store's own account has to pass
const state = join(folder, "state");
const faults = { killed: "SIGKILL", hung: "SIGSTOP" } as const;
type Fault = keyof typeof faults;

type Web = { readonly port: number; readonly pidFile: string; readonly configFile: string };
const monitWeb = await writeNginx("monit", "on");
const ampelWeb = await writeNginx("ampel", "off");
const children: ChildProcess[] = [];
const backMs: Record<string, number[]> = {};
const struck: { fault: Fault; at: number }[] = [];

try {
  const monit = startMonit(monitWeb);
  const ampel = startAmpel(ampelWeb);
  await Promise.all([
    until(() => answers(monitWeb.port, 500), 60_000, "Monit's nginx"),
    until(() => answers(ampelWeb.port, 500), 60_000, "Ampel's nginx"),
  ]);
  await until(async () => isCalm(), 60_000, "the first picture");
  for (const fault of Object.keys(faults) as Fault[]) {
    for (let round = 0; round < rounds; round += 1) {
      // At any moment of a cycle: a fault does not wait for the watcher.
      await pause(1_500 + Math.random() * 1_000);
      (backMs[`monit ${fault}`] ??= []).push(await measure(monitWeb, fault));
      await pause(500);
      struck.push({ fault, at: Date.now() });
      (backMs[`ampel ${fault}`] ??= []).push(await measure(ampelWeb, fault));
      await pause(1_000);
      await until(async () => isCalm(), 60_000, "the picture after the repair");
    }
  }
  const verified = await readVerified();
  for (const fault of Object.keys(faults) as Fault[]) {
    const peer = backMs[`monit ${fault}`] ?? [];
    print(`I4 ${fault} → answers again, ampel daemon`, backMs[`ampel ${fault}`] ?? [], peer);
    print(
      `I4 ${fault} → run begun, ampel daemon`,
      verified.flatMap((one) => (one.fault === fault ? [one.begunMs] : [])),
      peer,
    );
    print(
      `I4 ${fault} → verified, ampel daemon`,
      verified.flatMap((one) => (one.fault === fault ? [one.verifiedMs] : [])),
      peer,
    );
  }
  for (const child of [monit, ampel]) child.kill("SIGTERM");
} finally {
  for (const child of children) await end(child);
  for (const { pidFile } of [monitWeb, ampelWeb]) strike(pidFile, "SIGKILL");
  const lock = createHash("sha256").update(resolve(state)).digest("hex").slice(0, 16);
  for (const suffix of ["", "-daemon"]) {
    rmSync(`/dev/shm/ampel-${process.getuid?.() ?? 0}-${lock}${suffix}`, { recursive: true, force: true });
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function writeNginx(name: string, daemon: "on" | "off"): Promise<Web> {
  const at = join(folder, name);
  mkdirSync(at);
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  const configFile = join(at, "nginx.conf");
  // In the foreground Ampel itself writes the pid file.
  const own = join(at, daemon === "on" ? "web.pid" : "nginx.pid");
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${at}/${kind};`).join(" ");
  writeFileSync(
    configFile,
    `daemon ${daemon}; pid ${own}; error_log ${at}/error.log; worker_processes 1; events {}
http { access_log off; ${temp} server { listen 127.0.0.1:${port}; location / { return 200 "up\\n"; } } }\n`,
  );
  return { port, pidFile: join(at, "web.pid"), configFile };
}

/** Within the timeout of its start program Monit tests no port; the default of 30 s would be what is measured. */
function startMonit({ port, pidFile, configFile }: Web): ChildProcess {
  const path = join(folder, "monitrc");
  const stop = `/bin/bash -c 'kill -9 -- -$(cat ${pidFile})'`;
  const text = `set daemon 1
set log ${folder}/monit.log
set pidfile ${folder}/monit.pid
set idfile ${folder}/monit.id
set statefile ${folder}/monit.state
check process web with pidfile ${pidFile}
  start program = "/usr/sbin/nginx -c ${configFile}" with timeout 1 seconds
  stop program = "${stop}"
  if failed host 127.0.0.1 port ${port} protocol http with timeout 1 seconds then restart
`;
  writeFileSync(path, text, { mode: 0o600 });
  return keep(spawn("monit", ["-I", "-c", path], { stdio: "ignore" }));
}

function startAmpel({ port, pidFile, configFile }: Web): ChildProcess {
  const off = { disks: false, memory: false, load: false, clock: false, cron: false };
  const brief = { every: "1s", damping: { failures: 1, of: 1, recoveries: 1 } };
  const config = {
    version: 1,
    name: "Bench",
    language: "en",
    hosts: { local: { address: "local", ...off } },
    services: {
      web: {
        process: { pidFile, start: ["/usr/sbin/nginx", "-c", configFile] },
        ready: { http: `http://127.0.0.1:${port}/` },
        flapRestarts: 1000,
        ...brief,
      },
    },
    probes: { page: { kind: "http", subject: "web", url: `http://127.0.0.1:${port}/`, deadline: "1s", ...brief } },
    authority: { level: "act" },
    automation: { runsPerPlaybookAndHour: 100, runsPerHour: 1000, restartsPerServiceIn15Minutes: 20 },
  };
  writeFileSync(join(folder, "ampel.yaml"), stringify(config, { lineWidth: 0 }), { mode: 0o600 });
  return keep(
    spawn(process.execPath, ampelArgv("daemon", "--listen", "off"), {
      env: ampelEnvironment(),
      stdio: "ignore",
    }),
  );
}

function ampelArgv(...words: string[]): string[] {
  return ["--disable-warning=ExperimentalWarning", program, ...words, "--config", join(folder, "ampel.yaml")];
}

function ampelEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, AMPEL_STATE_DIR: state, AMPEL_DATABASE_URL: "" };
}

function keep(child: ChildProcess): ChildProcess {
  children.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await Promise.race([ended, pause(10_000)]);
  child.kill("SIGKILL");
}

/** Master and workers: whoever lost only its master goes on answering. */
function strike(pidFile: string, signal: NodeJS.Signals): void {
  try {
    const master = Number(readFileSync(pidFile, "utf8"));
    const workers = readFileSync(`/proc/${master}/task/${master}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    for (const pid of [master, ...workers]) process.kill(pid, signal);
  } catch {
    // it has ended already
  }
}

/** Milliseconds from the fault until the page answers again, asked every 5 ms. */
async function measure({ port, pidFile }: Web, fault: Fault): Promise<number> {
  strike(pidFile, faults[fault]);
  const startedMs = performance.now();
  while (await answers(port, 20)) await pause(1);
  while (!(await answers(port, 100))) {
    if (performance.now() - startedMs > 60_000) throw new Error(`${pidFile}: not back within a minute`);
    await pause(5);
  }
  return performance.now() - startedMs;
}

async function answers(port: number, timeoutMs: number): Promise<boolean> {
  return await new Promise((settle) => {
    const sent = request({ host: "127.0.0.1", port, agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      settle(response.statusCode === 200);
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => settle(false));
    sent.end();
  });
}

async function until(check: () => Promise<boolean>, limitMs: number, what: string): Promise<void> {
  const endsMs = performance.now() + limitMs;
  while (!(await check())) {
    if (performance.now() > endsMs) throw new Error(`waited too long for ${what}: ${readdirSync(folder).join(" ")}`);
    await pause(100);
  }
}

/** The daemon's own picture is clear: the last finding is closed, the next one will be a new one. */
function isCalm(): boolean {
  try {
    const { picture } = JSON.parse(readFileSync(join(state, "status.json"), "utf8")) as { picture: { findings: unknown[] } };
    return picture.findings.length === 0;
  } catch {
    return false;
  }
}

type Verified = { readonly fault: Fault; readonly begunMs: number; readonly verifiedMs: number };

/** When the run of each fault began and when its starting step was verified, from the store. */
async function readVerified(): Promise<Verified[]> {
  const ask = async (...words: string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(process.execPath, ampelArgv(...words, "--json"), { env: ampelEnvironment() });
    return JSON.parse(stdout);
  };
  const { runs } = (await ask("run:list")) as { runs: { id: string; startedAt: string }[] };
  const found: Verified[] = [];
  for (const { fault, at } of struck) {
    const run = runs
      .filter(({ startedAt }) => Date.parse(startedAt) >= at)
      .toSorted((left, right) => left.startedAt.localeCompare(right.startedAt))[0];
    if (run === undefined) continue;
    const { steps } = (await ask("run:show", run.id)) as { steps: { name: string; state: string; durationMs: number }[] };
    const acted = steps.findIndex(({ name, state: ended }) => (name === "start" || name === "restart") && ended === "done");
    if (acted < 0) continue;
    const begunMs = Date.parse(run.startedAt) - at;
    found.push({ fault, begunMs, verifiedMs: begunMs + steps.slice(0, acted + 1).reduce((sum, { durationMs }) => sum + durationMs, 0) });
  }
  return found;
}

function print(figure: string, values: readonly number[], peer: readonly number[]): void {
  const round = (value: number): number => Math.round(value);
  const told = {
    median: round(median(values)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
    unit: "ms",
    n: values.length,
  };
  const beside = {
    name: "Monit 5.33, set daemon 1",
    median: round(median(peer)),
    min: round(Math.min(...peer)),
    max: round(Math.max(...peer)),
    n: peer.length,
  };
  console.log(
    JSON.stringify({
      figure,
      ...told,
      peer: beside,
      ratio: Number((median(values) / median(peer)).toFixed(2)),
      cores: availableParallelism(),
    }),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
