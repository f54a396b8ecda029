// Runs a command on a terminal of its own and draws what stands there at the end as SVG:
//   sh scripts/node.sh scripts/record-terminal.mjs OUTPUT.svg COLUMNS COMMAND [ARGUMENT …]
// The command really runs, through script(1) of util-linux. Exit 1 when it could not be recorded; its own code is told.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawTerminal } from "./record/picture.mjs";
import { readTerminal } from "./record/terminal.mjs";

const [output, width, ...command] = process.argv.slice(2);
const columns = Number(width);
if (output === undefined || !Number.isInteger(columns) || columns < 20 || command.length === 0) {
  console.error("record-terminal.mjs OUTPUT.svg COLUMNS COMMAND [ARGUMENT …]");
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), "ampel-record-"));
try {
  const log = join(scratch, "output");
  // 200 rows: nothing scrolls out of the picture.
  const line = `stty cols ${columns} rows 200; exec ${command.map(quote).join(" ")}`;
  const env = { ...process.env, TERM: "xterm-256color", COLUMNS: "" };
  const { status, error } = spawnSync("script", ["--quiet", "--return", "--log-out", log, "--command", line], { env, stdio: "ignore" });
  if (error !== undefined) throw error;
  // script(1) puts a line before and after what the command wrote.
  const text = readFileSync(log, "utf8")
    .replace(/^Script started[^\n]*\n/, "")
    .replace(/\n?Script done[^\n]*\n?$/, "");
  const rows = readTerminal(text, columns);
  const title = `$ ${command.join(" ")}`;
  const description = rows.map((runs) => runs.reduce((told, run) => told.padEnd(run.column) + run.text, "").trimEnd()).join("\n");
  writeFileSync(output, drawTerminal({ rows, columns, title, description }));
  console.log(`${output}: ${rows.length} rows, the command ended with ${status}`);
} catch (error) {
  console.error(`not recorded: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function quote(word) {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
