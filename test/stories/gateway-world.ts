import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { QueryResultRow } from "pg";
import { expect, vi } from "vitest";
import { stringify } from "yaml";
import { findFreePorts } from "../../src/sandbox/ports.ts";
import { inTransaction, openStore, type Store } from "../../src/store/store.ts";
import { startVendors, storyCompanies, vendorKeys, type GatewayVendors } from "./gateway-vendors.ts";
import { lockFolderOf, type CommandEnd, type ReportDocument } from "./world.ts";

const node = resolve("node_modules/.bin/node");
// A built program may be put under test instead of the sources.
const program = ["--disable-warning=ExperimentalWarning", resolve(process.env["AMPEL_STORY_PROGRAM"] ?? "src/main.ts")];

export type RunDocument = ReportDocument["runs"][number];

/** The gateway's `/health`, as far as the stories look at it. */
export type HealthPage = {
  readonly state: string;
  readonly isLeader: boolean;
  readonly directoryAsOf: string | null;
  readonly database: { readonly taking: boolean };
  readonly reasons: readonly { readonly what: string }[];
  readonly breakers: Readonly<Record<string, string>>;
  readonly switches: readonly { readonly key: string }[];
  readonly inbox: Readonly<Record<string, number>>;
  readonly checks: readonly { readonly id: string; readonly subject: string; readonly state: string; readonly cause?: string }[];
};

/** A gateway process between three vendors, its store, and the command line, in a temporary folder of their own. */
export type GatewayWorld = {
  readonly folder: string;
  readonly publicUrl: string;
  readonly vendors: GatewayVendors;
  /** Where a second gateway on the same store would be reached; `playbooks.parameters.FALLBACK_URL`. */
  readonly standbyUrl: string;
  /** Runs a command; never rejects for its exit code. `typing`: what a person at a terminal answers, when a line matches. */
  run(words: readonly string[], options?: RunOptions): Promise<CommandEnd>;
  /** Runs with `--json` and reads the one document. */
  ask<Document = ReportDocument>(words: readonly string[]): Promise<CommandEnd & { readonly document: Document }>;
  startStandby(): Promise<void>;
  health(): Promise<HealthPage>;
  /** Rows over all companies, from the gateway's own store. */
  rows<Row extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Events that wait, were given up, or are kept from being applied; empty when the queue is. */
  unfinished(): Promise<readonly { readonly provider: string; readonly event_type: string; readonly status: string }[]>;
  clear(): Promise<void>;
};

export type RunOptions = { readonly typing?: readonly [question: RegExp, answer: string] };

const limitMs = 55_000;

/** `before`: what happened at the vendors before the gateway was there to hear of it. */
export async function openGatewayWorld(before: (vendors: GatewayVendors) => Promise<void> = async () => {}): Promise<GatewayWorld> {
  const folder = mkdtempSync(join(tmpdir(), "ampel-drill-"));
  chmodSync(folder, 0o755); // the database's account has to pass
  const stateFolder = join(folder, "state");
  const config = join(folder, "ampel.yaml");
  const standbyConfig = join(folder, "standby.yaml");
  const [publicUrl = "", standbyUrl = ""] = (await findFreePorts(2)).map((port) => `http://127.0.0.1:${port}`);
  const running = new Set<ChildProcess>();
  const start = (words: readonly string[], { typing }: RunOptions = {}, file = config): Started => {
    const line = [node, ...program, ...words, "--config", file];
    const argv = typing === undefined ? line : ["script", "--quiet", "--return", "--command", line.join(" "), "/dev/null"];
    const child = spawn(argv[0] ?? node, argv.slice(1), {
      cwd: folder,
      env: { ...process.env, AMPEL_STATE_DIR: stateFolder, AMPEL_DATABASE_URL: "", AMPEL_LANG: "de", FORCE_COLOR: undefined },
      stdio: [typing === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    running.add(child);
    child.once("close", () => running.delete(child));
    return { child, ...collect(child, typing) };
  };
  const run: GatewayWorld["run"] = async (words, options) => {
    const startedMs = performance.now();
    const { child, said } = start(words, options);
    const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    clearTimeout(limit);
    return { exitCode: code ?? signal ?? -1, ...said, durationMs: performance.now() - startedMs };
  };
  const ask: GatewayWorld["ask"] = async <Document>(words: readonly string[]) => {
    const end = await run([...words, "--json"]);
    return { ...end, document: readDocument<Document>(words, end) };
  };
  const health = async (url = publicUrl): Promise<HealthPage> => (await (await fetch(`${url}/health`)).json()) as HealthPage;
  const startGateway = async (url: string, file: string, isReady: (page: HealthPage) => boolean): Promise<void> => {
    const { child, said } = start(["gateway"], {}, file);
    const look = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`the gateway ended:\n${said.stdout}\n${said.stderr}`);
      const page = await health(url).catch(() => undefined);
      return page !== undefined && page.directoryAsOf !== null && page.database.taking && isReady(page);
    };
    await vi.waitUntil(look, { timeout: 30_000, interval: 50 });
  };
  const opened: { vendors?: GatewayVendors; store?: Store } = {};
  const clear = async (): Promise<void> => {
    for (const child of running) await end(child);
    await opened.store?.close();
    await opened.vendors?.close();
    rmSync(lockFolderOf(stateFolder), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const vendors = (opened.vendors = await startVendors(publicUrl));
    const keys = writeKeys(folder);
    writeConfig(config, describeSystem({ publicUrl, standbyUrl, vendors, keys }));
    writeConfig(standbyConfig, describeSystem({ publicUrl: standbyUrl, standbyUrl, vendors, keys }));
    // Held from here on, so that the server outlives each command and the story can look into it.
    const store = (opened.store = await openStore({ stateFolder }));
    writeFileSync(join(folder, "companies.yaml"), storyCompanies());
    const imported = await run(["company:import", join(folder, "companies.yaml")]);
    expect(imported.exitCode, imported.stdout + imported.stderr).toBe(0);
    await before(vendors);
    await startGateway(publicUrl, config, ({ isLeader }) => isLeader);
    const rows: GatewayWorld["rows"] = async (sql, values = []) =>
      await inTransaction(store.pool, async (client) => {
        await client.query("select set_config('ampel.company', '*', true)");
        return (await client.query(sql, [...values])).rows as never[];
      });
    return {
      folder,
      publicUrl,
      standbyUrl,
      vendors,
      run,
      ask,
      startStandby: async () => await startGateway(standbyUrl, standbyConfig, () => true),
      health: async () => await health(),
      rows,
      unfinished: async () => await rows("select provider, event_type, status from gateway.inbox_event where status <> 'done'"),
      clear,
    };
  } catch (error) {
    await clear();
    throw error;
  }
}

type Started = { readonly child: ChildProcess; readonly said: { stdout: string; stderr: string } };

/** Answers once, as soon as the question stands on the terminal. */
function collect(child: ChildProcess, typing: RunOptions["typing"]): Pick<Started, "said"> {
  const said = { stdout: "", stderr: "" };
  let hasAnswered = false;
  child.stdout?.on("data", (chunk: Buffer) => {
    said.stdout += chunk.toString();
    if (typing === undefined || hasAnswered || !typing[0].test(said.stdout)) return;
    hasAnswered = true;
    child.stdin?.write(`${typing[1]}\r`);
  });
  child.stderr?.on("data", (chunk: Buffer) => void (said.stderr += chunk.toString()));
  return { said };
}

/** By its own handle, never by name; what does not go after being asked is ended. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  const limit = setTimeout(() => child.kill("SIGKILL"), 8000);
  await closed;
  clearTimeout(limit);
}

/** The one document of stdout; anything beside it is an error. */
function readDocument<Document>(words: readonly string[], { stdout, stderr, exitCode }: CommandEnd): Document {
  try {
    return JSON.parse(stdout) as Document;
  } catch (error) {
    throw new Error(`${words.join(" ")}: not one JSON document (exit ${exitCode}):\n${stdout}\n${stderr}`, { cause: error });
  }
}

function writeKeys(folder: string): Readonly<Record<keyof typeof vendorKeys, string>> {
  mkdirSync(join(folder, "keys"), { mode: 0o700 });
  const write = (name: keyof typeof vendorKeys): string => {
    const path = join(folder, "keys", name);
    writeFileSync(path, vendorKeys[name], { mode: 0o600 });
    return `\${file:${path}}`;
  };
  return { retell: write("retell"), calcom: write("calcom"), calcomSecret: write("calcomSecret"), twilio: write("twilio") };
}

function writeConfig(file: string, document: object): void {
  writeFileSync(file, stringify(document, { lineWidth: 0 }), { mode: 0o600 });
}

type SystemFacts = {
  readonly publicUrl: string;
  readonly standbyUrl: string;
  readonly vendors: GatewayVendors;
  readonly keys: ReturnType<typeof writeKeys>;
};

function describeSystem({ publicUrl, standbyUrl, vendors: { retell, calcom, twilio }, keys }: SystemFacts) {
  return {
    version: 1,
    name: "Drill",
    language: "de",
    // What the machine itself suffers from is none of the story's business.
    hosts: { local: { address: "local", disks: false, memory: false, load: false, clock: false, cron: false } },
    vendors: {
      retell: { apiKey: keys.retell, baseUrl: retell.url, statusUrl: false, every: "1s", rest: "1s" },
      calcom: { apiKey: keys.calcom, baseUrl: calcom.url, statusUrl: false, every: "1s", rest: "1s" },
    },
    gateway: {
      listen: { port: Number(new URL(publicUrl).port) },
      publicUrl,
      retell: { keys: { main: keys.retell }, apiKey: keys.retell, baseUrl: retell.url },
      calcom: { secrets: { main: keys.calcomSecret }, apiKey: keys.calcom, baseUrl: calcom.url, requestsPerMinute: 500 },
      twilio: {
        accountSid: twilio.accountSid,
        tokens: { main: keys.twilio },
        baseUrl: twilio.url,
        retellSip: "sip:sip.retell.invalid",
      },
      // Nobody is rung up while still listening to the promise: a quarter of the shortest one.
      callbacks: { perHour: 600, pause: "10s", promise: "8s" },
    },
    damping: { failures: 1, of: 1, recoveries: 1 },
    authority: { level: "act" },
    playbooks: { parameters: { FALLBACK_URL: standbyUrl } },
    // Stories follow each other faster than incidents do.
    automation: { runsPerPlaybookAndHour: 90, runsPerHour: 90, restartsPerServiceIn15Minutes: 20 },
  };
}
