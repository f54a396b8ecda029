import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { message } from "../src/kernel/message.ts";
import { writeStatus } from "../src/responder/status-file.ts";
import { medianOf, tell } from "./figure.ts";

// I1: `ampel status` against `node -e 0`, both cold processes, taken in turns so that noise hits both alike.
const rounds = process.argv.includes("--short") ? 9 : 31;
const root = join(import.meta.dirname, "..");
const state = mkdtempSync(join(tmpdir(), "ampel-bench-"));
const subject = {
  cause: "service-down",
  subject: "nginx",
  host: "local",
  zone: "red",
  message: message("run.done"),
  probeIds: ["service.nginx"],
  since: Date.now(),
} as const;
writeStatus(state, {
  name: "bench",
  language: "de",
  timeZone: "Europe/Berlin",
  picture: { at: Date.now(), zone: "red", findings: [subject], blindSpots: [], sightedCount: 1, blindness: [] },
  freshForMs: 3_600_000,
});

function measure(argv: readonly string[]): number {
  const [file = "", ...args] = argv;
  const startedMs = performance.now();
  const ended = spawnSync(file, args, { env: { ...process.env, AMPEL_STATE_DIR: state }, stdio: "ignore" });
  if (ended.error !== undefined) throw ended.error;
  return performance.now() - startedMs;
}

const node = join(root, "node_modules/.bin/node");
const pairs = Array.from({ length: rounds }, () => ({
  bare: measure([node, "-e", "0"]),
  status: measure([join(root, "ampel"), "status"]),
}));
rmSync(state, { recursive: true });
const bare = pairs.map((pair) => pair.bare);
tell({ figure: "node -e 0, cold", unit: "ms", samples: bare });
tell({ figure: "ampel status, cold", unit: "ms", samples: pairs.map((pair) => pair.status) });
const isKept = tell({
  figure: "I1 ampel status / node -e 0",
  unit: "ratio",
  samples: pairs.map((pair) => pair.status / medianOf(bare.toSorted((left, right) => left - right))),
  limit: 3,
  peer: "node -e 0",
});
process.exitCode = isKept ? 0 : 1;
