import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lookOnce } from "../../test/probe-look.ts";
import { cronProbe } from "./cron.ts";

let folder = "";
let table = "";
const look = (text: string) => {
  writeFileSync(table, text);
  return lookOnce(cronProbe, { crontabs: [table], system: false, timers: false });
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ampel cron-"));
  table = join(folder, "crontab");
  writeFileSync(join(folder, "present.sh"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(folder, "plain.php"), "<?php\n", { mode: 0o644 });
});
afterEach(() => rmSync(folder, { recursive: true }));

test("targets that exist and run are fine; a script for an interpreter need not be executable", async () => {
  expect(
    await look(`PATH=/usr/bin:/bin\n*/5 * * * * cd "${folder}" && ./present.sh >/dev/null\n@daily bash "${folder}/plain.php"\n`),
  ).toMatchObject({ state: "ok", measures: { entries: 2 } });
});

test("an absent script is named with its file and line, be it called directly, by a shell, or behind cd", async () => {
  for (const command of [
    `"${folder}/gone.sh"`,
    `bash "${folder}/gone.sh"`,
    `cd "${folder}" && ./gone.sh`,
    `cd "${folder}" && sh gone.sh`,
  ]) {
    const seen = await look(`# backups\n0 3 * * * ${command}\n`);
    expect(seen).toMatchObject({
      state: "down",
      cause: "cron-broken",
      isDefinite: true,
      message: { key: "cron.absent", values: { file: table, line: 2, name: `${folder}/gone.sh` } },
    });
  }
});

test("what is not executable, a folder that is gone, a bad line and a missing line break are faults", async () => {
  expect(await look(`0 3 * * * "${folder}/plain.php"\n`)).toMatchObject({ message: { key: "cron.not-executable" } });
  expect(await look("0 3 * * * cd /not/there && true\n")).toMatchObject({
    message: { key: "cron.absent", values: { name: "/not/there" } },
  });
  expect(await look("0 3 * * sometimes true\n")).toMatchObject({ message: { key: "cron.bad-line", values: { line: 1 } } });
  expect(await look("0 3 * * * true")).toMatchObject({ message: { key: "cron.no-newline" } });
  expect(await look("0 3 * * * no-such-program-anywhere --all\n")).toMatchObject({ message: { key: "cron.absent" } });
});

test("five faults are three sentences and a count", async () => {
  const seen = await look(Array.from({ length: 5 }, (_, index) => `0 ${index} * * * /not/there/${index}\n`).join(""));
  expect(seen).toMatchObject({ message: { key: "cron.broken-many", values: { more: 2 } }, measures: { broken: 5 } });
  expect(seen.evidence).toContain("/not/there/4");
});

test("a table that is gone is a fault, and nothing in a command is executed", async () => {
  expect(await lookOnce(cronProbe, { crontabs: [join(folder, "none")], system: false, timers: false })).toMatchObject({
    state: "down",
    message: { key: "cron.table-gone" },
  });
  await look(`0 3 * * * $(touch "${folder}/owned")\n0 3 * * * /x\`touch "${folder}/owned"\`\n0 3 * * * '$(touch ${folder}/owned)'\n`);
  expect(() => rmSync(join(folder, "owned"))).toThrow();
});

test("this machine's own tables are read within the deadline", async () => {
  const seen = await lookOnce(cronProbe, {});
  expect(["ok", "down", "unknown"]).toContain(seen.state);
  expect(seen.message.key).toMatch(/^cron\./);
});
