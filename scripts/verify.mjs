// `npm run verify`: every gate that CI runs, each by name, all of them even when one fails. --no-skip goes on to the tests.
// Exit 1 when a gate failed or did not end in time; the last line is the count of the tests.
import { spawn } from "node:child_process";
import { dirname } from "node:path";

// A gate that hangs is a gate that failed: type-aware linting has been seen to wait for ever.
const gates = [
  { name: "types", limitS: 120 },
  { name: "lint", limitS: 120 },
  { name: "format:check", limitS: 60 },
  { name: "layers", limitS: 120 },
  { name: "unused", limitS: 120 },
  { name: "lockfile:check", limitS: 30 },
  { name: "docs:check", limitS: 60 },
  { name: "test", limitS: 3600, args: process.argv.slice(2) },
];
process.chdir(dirname(import.meta.dirname));

const outcomes = [];
let closingLine = "";
for (const gate of gates) {
  console.log(`\n── ${gate.name} ──`);
  const startedMs = performance.now();
  const { exitCode, isLate, lastLine } = await runGate(gate);
  if (gate.name === "test") closingLine = lastLine;
  const took = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
  outcomes.push({ name: gate.name, isPassed: exitCode === 0, note: isLate ? `no end after ${gate.limitS} s` : took });
}

console.log("\n── verify ──");
for (const { name, isPassed, note } of outcomes) console.log(`${isPassed ? "ok    " : "FAILED"}  ${name.padEnd(16)}${note}`);
if (/^\d+ passed, \d+ failed/.test(closingLine)) console.log(closingLine);
process.exitCode = outcomes.every(({ isPassed }) => isPassed) ? 0 : 1;

async function runGate({ name, limitS, args = [] }) {
  return await new Promise((resolve) => {
    // A group of its own, so that a late gate goes with all it started.
    const child = spawn("npm", ["run", "--silent", name, "--", ...args], { detached: true, stdio: ["ignore", "pipe", "inherit"] });
    let tail = "";
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, limitS * 1000);
    const stop = () => child.pid !== undefined && process.kill(-child.pid, "SIGTERM");
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, stop);
    child.stdout.on("data", (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-4096);
    });
    const finish = (exitCode) => {
      clearTimeout(timer);
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeListener(signal, stop);
      resolve({ exitCode, isLate, lastLine: tail.trimEnd().split("\n").at(-1) ?? "" });
    };
    child.on("error", () => finish(1));
    child.on("close", (code) => finish(code ?? 1));
  });
}
