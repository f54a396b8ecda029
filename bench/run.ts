import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

// Every figure with its peer or limit: `npm run bench`, a few minutes; `-- --short` for a quick look.
// A file of this folder that is named here is one bench; each prints lines of JSON and ends with 1 when a limit is passed.
const benches: readonly (readonly [file: string, ...args: string[]])[] = process.argv.includes("--short")
  ? [
      ["status-start.ts", "--short"],
      ["durable-step.ts", "--short"],
      ["probes-hanging.ts", "--rounds", "1", "--seconds", "0"],
      ["restart-against-monit.ts", "--short"],
      ["gateway-accept.ts", "--short"],
      ["gateway-drain.ts", "--short"],
      ["gateway-peers.ts", "--short"],
      ["gateway-answers.ts", "--short"],
      ["breaker.ts", "--short"],
    ]
  : [
      ["status-start.ts"],
      ["durable-step.ts"],
      ["probes-hanging.ts"],
      ["restart-against-monit.ts"],
      ["gateway-accept.ts"],
      ["gateway-drain.ts"],
      ["gateway-peers.ts"],
      ["gateway-answers.ts"],
      ["breaker.ts"],
    ];

const present = new Set(readdirSync(import.meta.dirname));
const failed: string[] = [];
for (const [file, ...args] of benches) {
  console.log(`# ${file} ${args.join(" ")}`);
  const ended = present.has(file)
    ? spawnSync(process.execPath, [join(import.meta.dirname, file), ...args], { stdio: "inherit" }).status
    : 1;
  if (ended !== 0) failed.push(file);
}
console.log(failed.length === 0 ? "# every limit is kept" : `# a limit was passed in: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
