import { fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openHost } from "../src/integrations/host.ts";
import { systemClock } from "../src/kernel/clock.ts";
import { certificateProbe } from "../src/probes/certificate.ts";
import { dnsProbe } from "../src/probes/dns.ts";
import { httpProbe } from "../src/probes/http.ts";
import { runProbe, type Probe, type ProbeKind, type ProbeMemory, type ProbeResult } from "../src/probes/probe.ts";
import { preferSmallHeap, startSchedule } from "../src/probes/schedule.ts";
import { tcpProbe } from "../src/probes/tcp.ts";
import { vendorProbe } from "../src/probes/vendor.ts";

// I2: node bench/probes-hanging.ts --rounds 5
// I3: the same; --seconds 90 --probes 2000 --every 30 --deadline 25. Prints one JSON line per figure.
const { values: given } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "90" },
    probes: { type: "string", default: "2000" },
    every: { type: "string", default: "30" },
    deadline: { type: "string", default: "25" },
  },
});

preferSmallHeap();
process.env["AMPEL_BENCH_KEY"] = "key_of_nobody";
const kinds = new Map<string, ProbeKind>(
  [certificateProbe, dnsProbe, httpProbe, tcpProbe, vendorProbe].map((kind) => [kind.kind, kind as unknown as ProbeKind]),
);
const host = openHost("local", { via: "local" });

// Beside the sources as .ts, beside the built files as .js.
const serverFile = import.meta.url.replace(/(\.[jt]s)$/, "-server$1");
const server = fork(fileURLToPath(serverFile), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
const [{ port }] = (await once(server, "message")) as [{ port: number }];
const deafDns = createSocket("udp4").bind(0, "127.0.0.1");
await once(deafDns, "listening");

try {
  await measureDiagnosis();
  await measureSchedule();
} finally {
  deafDns.close();
  server.kill();
}

/** I2: every look of a diagnosis hangs. */
async function measureDiagnosis(): Promise<void> {
  const deadlineMs = 5000;
  const dnsPort = deafDns.address().port;
  type Written = readonly [string, Record<string, unknown>];
  const specs: readonly [Written, ...Written[]] = [
    ["http", { url: `http://127.0.0.1:${port}/` }],
    ["http", { url: `https://127.0.0.1:${port}/` }],
    ["tcp", { address: "127.0.0.1", port, expectGreeting: "SSH-2.0" }],
    ["certificate", { address: "127.0.0.1", port }],
    ["dns", { name: "example.org", servers: [`127.0.0.1:${dnsPort}`] }],
    ["vendor", { vendor: "retell", key: "${env:AMPEL_BENCH_KEY}", baseUrl: `http://127.0.0.1:${port}` }],
  ];
  const probes = Array.from({ length: 200 }, (_, index) => {
    const [kind, spec] = specs[index % specs.length] ?? specs[0];
    return probe(`${kind}-${index}`, kind, spec, deadlineMs, 30_000);
  });
  const tookMs: number[] = [];
  for (let done = 0; done < Number(given.rounds); done += 1) {
    const startedMs = performance.now();
    const results = await Promise.all(probes.map((each) => look(each)));
    tookMs.push(performance.now() - startedMs);
    const wrong = results.filter(({ state }) => state !== "down");
    if (wrong.length > 0) throw new Error(`${wrong.length} hanging probes were not seen as down: ${JSON.stringify(wrong[0])}`);
  }
  print("I2", "diagnosis with 200 hanging probes", "ms", tookMs, deadlineMs + 1000);
}

/** I3: a round of http probes that never ends, for some time. */
async function measureSchedule(): Promise<void> {
  const seconds = Number(given.seconds);
  const probes = Array.from({ length: Number(given.probes) }, (_, index) =>
    probe(`http-${index}`, "http", { url: `http://127.0.0.1:${port}/` }, Number(given.deadline) * 1000, Number(given.every) * 1000),
  );
  let results = 0;
  const wrong: ProbeResult[] = [];
  const schedule = startSchedule(probes, look, {
    clock: systemClock,
    onResult: (result) => {
      results += 1;
      if (result.state !== "down") wrong.push(result);
    },
    onError: (error) => {
      throw error;
    },
  });
  const shares: number[] = [];
  const megabytes: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const before = process.cpuUsage();
    const startedMs = performance.now();
    await systemClock.sleep(1000);
    const used = process.cpuUsage(before);
    shares.push((used.user + used.system) / 1000 / (performance.now() - startedMs));
    megabytes.push(process.memoryUsage.rss() / 1024 ** 2);
  }
  const { looks, skipped, meanMs, maxMs } = schedule.slip();
  await schedule.stop();
  if (wrong.length > 0) throw new Error(`${wrong.length} hanging probes were not seen as down: ${JSON.stringify(wrong[0])}`);
  const about = {
    probes: probes.length,
    everySeconds: Number(given.every),
    deadlineSeconds: Number(given.deadline),
    seconds,
    looks,
    skipped,
    results,
  };
  print("I3", "largest slip of a start", "ms", [maxMs], 1000, { ...about, meanMs: round(meanMs) });
  print("I3", "processor share", "cores", shares, 1);
  print("I3", "resident memory", "MiB", megabytes, 250);
}

function probe(id: string, kind: string, spec: Record<string, unknown>, deadlineMs: number, everyMs: number): Probe {
  const parsed = kindOf(kind).schema.parse(spec);
  return { id, kind, spec: parsed, host: "local", subject: id, dependsOn: [], everyMs, deadlineMs };
}

function kindOf(name: string): ProbeKind {
  const kind = kinds.get(name);
  if (kind === undefined) throw new RangeError(name);
  return kind;
}

async function look(each: Probe, signal?: AbortSignal): Promise<ProbeResult> {
  const memory: ProbeMemory = { get: () => undefined, set: () => {} };
  return await runProbe(each, kindOf(each.kind), { clock: systemClock, host, memory, ...(signal === undefined ? {} : { signal }) });
}

function print(
  id: string,
  figure: string,
  unit: string,
  measured: readonly number[],
  limit: number,
  about: Record<string, number> = {},
): void {
  const sorted = measured.toSorted((left, right) => left - right);
  const [least = 0, median = 0, most = 0] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  const isMet = most <= limit;
  process.stdout.write(
    `${JSON.stringify({ id, figure, unit, median: round(median), least: round(least), most: round(most), limit, isMet, ...about })}\n`,
  );
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
