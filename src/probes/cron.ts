import { z } from "zod";
import { askHost } from "../integrations/host.ts";
import { maskPersonalData } from "../kernel/mask.ts";
import { join, message, type Message } from "../kernel/message.ts";
import { listTargets, parseCrontab, type CronEntry, type CronTarget } from "./cron-table.ts";
import { parseTimers, type TimerFault } from "./cron-timers.ts";
import { defineProbe } from "./probe.ts";

const schema = z
  .strictObject({
    crontabs: z
      .array(z.string().regex(/^\//, { error: "absolute-path" }))
      .default([])
      .describe("Crontabs beside those of the system and of the users"),
    ignore: z.array(z.string().min(1)).default([]).describe("Units and files of others that are known to be broken"),
    timers: z.boolean().default(true).describe("Look at systemd timers as well"),
    system: z.boolean().default(true).describe("False looks at crontabs alone"),
  })
  .describe("Cron lines and timers: what they call exists and may be run");

// cron itself ignores files in cron.d with a dot in the name, with another owner than root, or writable for others.
const readText = `
show() { printf 'FILE %s %s %s %s\\n' "$1" "$(stat -Lc '%U %a' "$2" | tr ' ' ,)" "$(tail -c 1 "$2" | od -An -tu1 | tr -d ' ')" "$2"; head -c 65536 "$2" | tr -d '\\000' | sed 's/^/| /'; echo; }
each() { if [ -r "$2" ]; then show "$1" "$2"; elif [ -e "$2" ]; then printf 'DENIED %s\\n' "$2"; fi; }
if [ "$SYSTEM" = 1 ]; then
  each system /etc/crontab
  for file in /etc/cron.d/*; do [ ! -f "$file" ] || each cron.d "$file"; done
  if [ -d /var/spool/cron/crontabs ] && [ ! -r /var/spool/cron/crontabs ]; then
    if own=$(crontab -l 2>/dev/null) && [ -n "$own" ]; then printf 'FILE user x,600 10 crontab(%s)\\n' "$(id -un)"; printf '%s\\n' "$own" | sed 's/^/| /'; fi
    echo 'DENIED /var/spool/cron/crontabs'
  else for file in /var/spool/cron/crontabs/*; do [ ! -f "$file" ] || each user "$file"; done
  fi
fi
while read -r file; do [ -z "$file" ] || { if [ -e "$file" ]; then each user "$file"; else printf 'GONE %s\\n' "$file"; fi; }; done <<<"$CRONTABS"
if [ "$TIMERS" = 1 ] && timers=$(systemctl --no-pager show -p Id,Unit,LoadState,ActiveState,UnitFileState '*.timer' 2>/dev/null); then
  printf '%s\\n' "$timers" | sed 's/^/T /'
  units=$(printf '%s\\n' "$timers" | sed -n 's/^Unit=//p' | sort -u)
  # shellcheck disable=SC2086
  [ -z "$units" ] || systemctl --no-pager show -p Id,LoadState,Result,ExecMainStatus,ExecStart $units 2>/dev/null | sed 's/^/S /' || :
fi`;

const testText = `
while IFS=$'\\t' read -r number kind path name; do
  case $kind in
    folder) [ -d "$name" ] || echo "$number absent" ;;
    script) if [ ! -e "$name" ]; then echo "$number absent"; elif [ -d "$name" ]; then echo "$number folder"; fi ;;
    program)
      case $name in
        */*) if [ ! -e "$name" ]; then echo "$number absent"; elif [ ! -x "$name" ] || [ -d "$name" ]; then echo "$number not-executable"; fi ;;
        *) (PATH=$path; type -P -- "$name" >/dev/null) || echo "$number absent" ;;
      esac ;;
    user) getent passwd "$name" >/dev/null || echo "$number no-user" ;;
  esac
done`;

/** Does every program, script and folder that crontabs and timers start exist and run? Two round trips: read the tables, then look at the targets. */
export const cronProbe = defineProbe({
  kind: "cron",
  schema,
  // A host that does not answer says nothing about what was asked.
  silence: { state: "unknown" },
  async look(spec, { host, signal, deadlineMs }) {
    const ask = (text: string, env: Record<string, string>, input = ""): Promise<string> =>
      askHost(host, text, { signal, timeoutMs: deadlineMs, env, input, maxOutputBytes: 4 * 1024 ** 2 });
    const printed = await ask(readText, {
      CRONTABS: spec.crontabs.join("\n"),
      TIMERS: spec.timers ? "1" : "0",
      SYSTEM: spec.system ? "1" : "0",
    });
    const { entries, faults, denied, files } = readTables(printed);
    const timers = parseTimers(printed);
    const wanted = [
      ...entries.flatMap((entry) => [
        ...listTargets(entry.command).map((target) => ({ ...target, entry })),
        ...(entry.user === undefined ? [] : [{ kind: "user" as const, name: entry.user, entry }]),
      ]),
      ...timers.programs.map(({ unit, program }) => ({
        kind: "program" as const,
        name: program,
        entry: { file: unit, line: 0, command: "", path: "/usr/bin:/bin" },
      })),
    ];
    const list = wanted.map(({ kind, name, entry }, index) => `${index}\t${kind}\t${entry.path}\t${name}\n`).join("");
    const missing = parseMissing(wanted.length === 0 ? "" : await ask(testText, {}, list), wanted);
    const isIgnored = (name: string): boolean => spec.ignore.includes(name);
    const broken = [
      ...faults,
      ...timers.faults.filter(({ unit }) => !isIgnored(unit)).map(sayTimer),
      ...missing.filter(({ entry, name }) => !isIgnored(entry.file) && !isIgnored(name)).map(sayMissing),
    ];
    const measures = { files, entries: entries.length, timers: timers.count, broken: broken.length };
    const evidence = maskPersonalData(
      [
        ...missing.map(({ entry, name }) => `${entry.file}:${entry.line} ${name}: ${entry.command}`),
        ...denied.map((path) => `not readable: ${path}`),
      ].join("\n"),
    ).slice(0, 2_048);
    const evident = evidence === "" ? {} : { evidence };
    const [first, ...others] = broken;
    if (first !== undefined) {
      const said = join([first, ...others.slice(0, 2)]);
      return {
        state: "down",
        cause: "cron-broken",
        isDefinite: true,
        message: others.length > 2 ? message("cron.broken-many", { first: said, more: others.length - 2 }) : said,
        measures,
        ...evident,
      };
    }
    if (denied.length > 0) return { state: "unknown", message: message("cron.denied", { paths: denied.join(", ") }), measures, ...evident };
    return { state: "ok", message: message("cron.fine", { entries: entries.length, timers: timers.count }), measures };
  },
});

type Tables = { entries: CronEntry[]; faults: Message[]; denied: string[]; files: number };

function readTables(printed: string): Tables {
  const tables: Tables = { entries: [], faults: [], denied: [], files: 0 };
  for (const block of printed.split(/^(?=FILE |DENIED |GONE |T |S )/m)) {
    if (block.startsWith("DENIED ")) tables.denied.push(block.slice(7).trim());
    if (block.startsWith("GONE ")) tables.faults.push(message("cron.table-gone", { file: block.slice(5).trim() }));
    const [head = "", ...lines] = block.split("\n");
    const [, kind = "", owner = "", mode = "0", lastByte = "", file = ""] = /^FILE (\S+) ([^,]*),(\d+) (\d*) (.+)$/.exec(head) ?? [];
    if (file === "") continue;
    tables.files += 1;
    const name = file.split("/").at(-1) ?? "";
    if (kind === "cron.d" && !/^[A-Za-z0-9_-]+$/.test(name)) {
      // Packages leave such names behind on purpose; anything else is a job that never runs.
      if (!/^\.placeholder$|\.dpkg-|~$/.test(name)) tables.faults.push(message("cron.name-ignored", { file }));
      continue;
    }
    if (kind !== "user" && (owner !== "root" || (Number.parseInt(mode, 8) & 0o022) !== 0)) {
      tables.faults.push(message("cron.insecure", { file, owner, mode }));
    }
    const text = lines
      .filter((line) => line.startsWith("| "))
      .map((line) => line.slice(2))
      .join("\n");
    if (lastByte !== "10" && lastByte !== "" && text.trim() !== "") tables.faults.push(message("cron.no-newline", { file }));
    const { entries, faults } = parseCrontab(file, text, kind !== "user");
    tables.entries.push(...entries);
    tables.faults.push(...faults.map((fault) => message("cron.bad-line", { file: fault.file, line: fault.line })));
  }
  return tables;
}

type Missing = { readonly kind: CronTarget["kind"] | "user"; readonly name: string; readonly entry: CronEntry; readonly how: string };

function parseMissing(printed: string, wanted: readonly Omit<Missing, "how">[]): Missing[] {
  return printed.split("\n").flatMap((line) => {
    const [, index = "", how = ""] = /^(\d+) (\S+)$/.exec(line) ?? [];
    const target = wanted[Number(index)];
    return index === "" || target === undefined ? [] : [{ ...target, how }];
  });
}

function sayMissing({ name, entry, how }: Missing): Message {
  const { file, line } = entry;
  if (line === 0) return message("cron.timer-target", { unit: file, name });
  if (how === "not-executable") return message("cron.not-executable", { file, line, name });
  return how === "no-user" ? message("cron.no-user", { file, line, name }) : message("cron.absent", { file, line, name });
}

function sayTimer(fault: TimerFault): Message {
  return fault.fault === "absent"
    ? message("cron.timer-unit-absent", { timer: fault.timer, unit: fault.unit })
    : message("cron.timer-failed", { unit: fault.unit, result: fault.result });
}
