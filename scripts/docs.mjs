// Writes docs/reference/ from the code; with --check it changes nothing and exits 1 when a page is not what the code says.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeCodes } from "./reference/codes.mjs";
import { describeCommands } from "./reference/commands.mjs";
import { describeConfiguration } from "./reference/configuration.mjs";
import { describeLintRules } from "./reference/lint-rules.mjs";
import { describeProbes } from "./reference/probes.mjs";

const folder = join(dirname(import.meta.dirname), "docs/reference");
const note = "<!-- Written by `npm run docs` from the code; changes here are lost. -->";
const pages = new Map();
const described = [describeCodes(), await describeCommands(), describeConfiguration(), await describeProbes(), describeLintRules()];
for (const [name, lines] of Object.entries(Object.assign({}, ...described))) {
  pages.set(name, `${(name.endsWith(".md") ? [note, "", ...lines] : lines).join("\n")}\n`);
}
const present = existsSync(folder) ? readdirSync(folder) : [];
const strangers = present.filter((name) => !pages.has(name));
const changed = [...pages].filter(([name, text]) => !present.includes(name) || readFileSync(join(folder, name), "utf8") !== text);

if (process.argv.includes("--check")) {
  for (const [name] of changed) console.log(`docs/reference/${name} is not what the code says`);
  for (const name of strangers) console.log(`docs/reference/${name} is written by nothing`);
  if (changed.length + strangers.length > 0) console.log("Renew it: npm run docs");
  process.exitCode = changed.length + strangers.length === 0 ? 0 : 1;
} else {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of changed) writeFileSync(join(folder, name), text);
  for (const name of strangers) rmSync(join(folder, name));
  console.log(`docs/reference: ${changed.length} of ${pages.size} pages renewed`);
}
