import { exitCodes, failureCodes } from "../../src/kernel/failure.ts";

const exitMeanings = {
  allClear: "All clear, or everything that was wrong is fixed and verified",
  bug: "A bug in Ampel: the stack is printed, please report it",
  usage: "Wrong use: unknown command or option, invalid configuration",
  refused: "An expected failure or a refusal; the message says why and what to do next",
  green: "Something remains in the green zone (fix within 5 minutes)",
  yellow: "Something remains in the yellow zone (15 minutes)",
  red: "Something remains in the red zone (2 minutes)",
  blind: "BLIND: Ampel cannot see, so it judges nothing",
};

const failureMeanings = {
  "approval-missing": "A step needs a person's approval and has none that is valid",
  "automation-limit": "The automation has reached its own limit and stops acting alone",
  "config-invalid": "ampel.yaml has mistakes; each is named with file, line and what to write instead",
  "config-missing": "The command needs an ampel.yaml and found none",
  "database-unreachable": "A guarded database does not answer",
  "host-unreachable": "A host cannot be reached over ssh",
  "not-found": "What was named does not exist: a playbook, a run, a service",
  "playbook-invalid": "A playbook cannot be read or breaks a rule",
  "refused-unsafe": "The command would destroy something that is in use; nothing was changed",
  "run-busy": "Another process works on the same run or holds the same lock",
  "run-lost": "The run belongs to another process by now",
  "sandbox-failed": "The sandbox could not be started or stopped",
  "secret-missing": "A secret's variable, file or credential is not there",
  "service-failed": "A service did not start, stop or become healthy",
  "spool-failed": "Neither the database nor the spool can keep what arrives",
  "store-unreachable": "Ampel's own store does not answer",
  "store-version": "Ampel's own store was written by a newer version",
  usage: "Wrong use of a command",
  "vendor-refused": "A vendor refuses what was asked, or there is no key for it",
  "vendor-unreachable": "A vendor does not answer",
};

/** Pages about what a script can rely on. @throws when a code has no meaning written here. */
export function describeCodes() {
  const exits = Object.entries(exitCodes).map(([name, code]) => `| ${code} | ${meaningOf(exitMeanings, name)} |`);
  const failures = Object.entries(failureCodes).map(([code, exit]) => `| \`${code}\` | ${exit} | ${meaningOf(failureMeanings, code)} |`);
  return {
    "exit-codes.md": ["# Exit codes", "", "Every command ends with one of these.", "", "| code | meaning |", "|---|---|", ...exits],
    "failure-codes.md": [
      "# Failure codes",
      "",
      "With `--json` an expected failure is one document with its `code`. Codes are stable: scripts may match on them.",
      "",
      "| code | exit code | meaning |",
      "|---|---|---|",
      ...failures,
    ],
  };
}

function meaningOf(meanings, name) {
  const meaning = meanings[name];
  if (meaning === undefined) throw new Error(`scripts/reference/codes.mjs has no meaning for "${name}"`);
  return meaning;
}
