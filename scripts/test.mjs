// `npm test [-- FILTER …]`: brings the test services where it may, builds, runs the tests and names every skipped one.
// --no-skip makes a skipped test a failure (CI); --prepared leaves services and image alone.
// Closing line: "N passed, N failed, N skipped". Exit 0 only when nothing failed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

const root = dirname(import.meta.dirname);
const ours = ["--no-skip", "--prepared"];
const flags = process.argv.slice(2);
const filters = flags.filter((flag) => !ours.includes(flag));
process.chdir(root);

if (!flags.includes("--prepared")) {
  say(run("sh", ["scripts/install-test-services.sh"]) ? undefined : "not all test services could be installed, their tests are skipped");
  if (filters.length === 0 && process.getuid?.() === 0 && existsSync("test/rig/build-image.sh")) {
    say("the server image of the test rig: building it unless it is cached (minutes the first time)");
    say(run("bash", ["test/rig/build-image.sh"]) ? undefined : "the image could not be built, its tests are skipped");
  }
}
run(process.execPath, ["scripts/build.mjs"]);

const scratch = mkdtempSync(join(tmpdir(), "ampel-test-"));
const reportPath = join(scratch, "report.json");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportPath}`];
const isGreen = run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...reporters, ...filters]);
const report = readReport();
rmSync(scratch, { recursive: true, force: true });

for (const test of report.skipped) console.log(`skipped: ${test}`);
if (report.skipped.length > 0) {
  console.log("Brings what skipped tests miss (Debian, root): scripts/install-test-services.sh, then test/rig/build-image.sh");
}
// An error outside of any test fails the run although every test passed.
const failed = isGreen ? report.failed : Math.max(report.failed, 1);
console.log(`${report.passed} passed, ${failed} failed, ${report.skipped.length} skipped`);
const isRefused = flags.includes("--no-skip") && report.skipped.length > 0;
process.exitCode = failed > 0 || report.passed === 0 || isRefused ? 1 : 0;

/** True when the program ended with 0; its output is ours. */
function run(program, args) {
  const ended = spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (ended.error !== undefined) say(`${program}: ${ended.error.message}`);
  return ended.status === 0;
}

function say(line) {
  if (line !== undefined) console.log(`ampel tests: ${line}`);
}

function readReport() {
  if (!existsSync(reportPath)) return { passed: 0, failed: 1, skipped: [] };
  const files = JSON.parse(readFileSync(reportPath, "utf8")).testResults;
  const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: relative(root, file.name) })));
  // A file that could not be loaded has no tests to fail, only itself.
  const broken = files.filter((file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"));
  return {
    passed: tests.filter((test) => test.status === "passed").length,
    failed: tests.filter((test) => test.status === "failed").length + broken.length,
    skipped: tests.filter((test) => test.status !== "passed" && test.status !== "failed").map((test) => `${test.file}: ${test.fullName}`),
  };
}
