import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { QueryResultRow } from "pg";
import { expect, vi } from "vitest";
import { stringify } from "yaml";
import { asEveryCompany } from "../../src/gateway/companies/tenant.ts";
import { findFreePorts } from "../../src/sandbox/ports.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { startVendors, storyCompanies, vendorKeys, type GatewayVendors } from "./gateway-vendors.ts";
import { lockFolderOf, type CommandEnd, type ReportDocument } from "./world.ts";

const node = resolve("node_modules/.bin/node");
// A built program may be put under test instead of the sources.
const program = ["--disable-warning=ExperimentalWarning", resolve(process.env["AMPEL_STORY_PROGRAM"] ?? "src/main.ts")];

export type RunDocument = ReportDocument["runs"][number];

/** The gateway's `/health`, as far as the stories look at it. */
export type HealthPage = {
  readonly state: string;
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
  /** Runs a command; never rejects for its exit code. */
  run(words: readonly string[], limitMs?: number): Promise<CommandEnd>;
  /** Runs with `--json` and reads the one document. */
  ask<Document = ReportDocument>(words: readonly string[], limitMs?: number): Promise<CommandEnd & { readonly document: Document }>;
  health(): Promise<HealthPage>;
  /** Rows over all companies, from the gateway's own store. */
  rows<Row extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  clear(): Promise<void>;
};

const limitMs = 60_000;

export async function openGatewayWorld(sections: Readonly<Record<string, unknown>> = {}): Promise<GatewayWorld> {
  const folder = mkdtempSync(join(tmpdir(), "ampel-drill-"));
  chmodSync(folder, 0o755); // the database's account has to pass
  const stateFolder = join(folder, "state");
  const config = join(folder, "ampel.yaml");
  const [port = 0] = await findFreePorts(1);
  const publicUrl = `http://127.0.0.1:${port}`;
  const running = new Set<ChildProcess>();
  const start = (words: readonly string[]): Started => {
    const child = spawn(node, [...program, ...words, "--config", config], {
      cwd: folder,
      env: { ...process.env, AMPEL_STATE_DIR: stateFolder, AMPEL_DATABASE_URL: "", AMPEL_LANG: "de", FORCE_COLOR: undefined },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    child.once("close", () => running.delete(child));
    return { child, ...collect(child) };
  };
  const run: GatewayWorld["run"] = async (words, within = limitMs) => {
    const startedMs = performance.now();
    const { child, said } = start(words);
    const limit = setTimeout(() => child.kill("SIGKILL"), within);
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    clearTimeout(limit);
    return { exitCode: code ?? signal ?? -1, ...said, durationMs: performance.now() - startedMs };
  };
  const ask: GatewayWorld["ask"] = async <Document>(words: readonly string[], within?: number) => {
    const end = await run([...words, "--json"], within);
    return { ...end, document: readDocument<Document>(words, end) };
  };
  const health = async (): Promise<HealthPage> => (await (await fetch(`${publicUrl}/health`)).json()) as HealthPage;
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
    writeConfig(folder, config, { port, publicUrl, vendors, sections });
    // Held from here on, so that the server outlives each command and the story can look into it.
    const store = (opened.store = await openStore({ stateFolder }));
    writeFileSync(join(folder, "companies.yaml"), storyCompanies());
    const imported = await run(["company:import", join(folder, "companies.yaml")]);
    expect(imported.exitCode, imported.stdout + imported.stderr).toBe(0);
    const gateway = start(["gateway"]);
    const isReady = async (): Promise<boolean> => {
      if (gateway.child.exitCode !== null) throw new Error(`the gateway ended:\n${gateway.said.stdout}\n${gateway.said.stderr}`);
      const page = (await health().catch(() => undefined)) as { directoryAsOf?: unknown; isLeader?: boolean } | undefined;
      return page?.isLeader === true && page.directoryAsOf !== null;
    };
    await vi.waitUntil(isReady, { timeout: 30_000, interval: 100 });
    return {
      folder,
      publicUrl,
      vendors,
      run,
      ask,
      health,
      rows: async (sql, values = []) => (await asEveryCompany(store.pool, async (client) => await client.query(sql, [...values]))).rows as never[],
      clear,
    };
  } catch (error) {
    await clear();
    throw error;
  }
}

type Started = { readonly child: ChildProcess; readonly said: { stdout: string; stderr: string } };

function collect(child: ChildProcess): Pick<Started, "said"> {
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => void (said.stdout += chunk.toString()));
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

type ConfigFacts = {
  readonly port: number;
  readonly publicUrl: string;
  readonly vendors: GatewayVendors;
  readonly sections: Readonly<Record<string, unknown>>;
};

function writeConfig(folder: string, file: string, { port, publicUrl, vendors: { retell, calcom, twilio }, sections }: ConfigFacts): void {
  mkdirSync(join(folder, "keys"), { mode: 0o700 });
  const keys = Object.fromEntries(
    Object.entries(vendorKeys).map(([name, value]) => {
      const path = join(folder, "keys", name);
      writeFileSync(path, value, { mode: 0o600 });
      return [name, `\${file:${path}}`];
    }),
  );
  const document = {
    version: 1,
    name: "Drill",
    language: "de",
    // What the machine itself suffers from is none of the story's business.
    hosts: { local: { address: "local", disks: false, memory: false, load: false, clock: false, cron: false } },
    vendors: {
      retell: { apiKey: keys["retell"], baseUrl: retell.url, statusUrl: false, every: "1s", rest: "1s" },
      calcom: { apiKey: keys["calcom"], baseUrl: calcom.url, statusUrl: false, every: "1s", rest: "1s" },
    },
    gateway: {
      listen: { port },
      publicUrl,
      retell: { keys: { main: keys["retell"] }, apiKey: keys["retell"], baseUrl: retell.url },
      calcom: { secrets: { main: keys["calcomSecret"] }, apiKey: keys["calcom"], baseUrl: calcom.url, requestsPerMinute: 500 },
      twilio: {
        accountSid: twilio.accountSid,
        tokens: { main: keys["twilio"] },
        baseUrl: twilio.url,
        retellSip: "sip:sip.retell.invalid",
      },
      callbacks: { perHour: 600, pause: "10s", promise: "20s" },
    },
    damping: { failures: 1, of: 1, recoveries: 1 },
    authority: { level: "act" },
    // Stories follow each other faster than incidents do.
    automation: { runsPerPlaybookAndHour: 90, runsPerHour: 90, restartsPerServiceIn15Minutes: 20 },
    ...sections,
  };
  writeFileSync(file, stringify(document, { lineWidth: 0 }), { mode: 0o600 });
}
