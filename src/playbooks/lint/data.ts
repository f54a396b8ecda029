import { hasFlag, isRedisClient, isSqlClient, isVerb, programOf, settingsOf, sqlOf, verbOf } from "./command.ts";
import { commandRule, type LintRule } from "./rule.ts";
import type { ShellCommand } from "../shell.ts";

function speaks(command: ShellCommand, verb: RegExp): boolean {
  const isSpoken = ["echo", "printf"].includes(programOf(command)) && command.after !== "|";
  if (isSpoken || isVerb(command, /./)) return false;
  const texts = [...command.words, ...command.redirects.filter(({ operator }) => operator.startsWith("<<")).map(({ target }) => target)];
  return texts.some((text) => verb.test(text));
}

/** Names that say "not the live one": the only places a dump may be loaded into. */
const scratch = /scratch|restore|probe|verify/i;
const checks = /verif|integrity|consistency|check/i;

/** True when the schema a client is told to speak to bears such a name; its user and files do not count. */
function isScratch({ words }: ShellCommand): boolean {
  return words.slice(1).some((word, index) => {
    const option = words[index] ?? "";
    const isNamed = /^(-D|-d|--database|--dbname)$/.test(option);
    const joined = /^--(?:database|dbname)=(.+)$/.exec(word)?.[1];
    const isPositional = !word.startsWith("-") && !/^-[A-Za-z]$|^--[\w-]+$/.test(option) && !word.includes("/");
    return scratch.test(joined ?? (isNamed || isPositional ? word : ""));
  });
}

function loadsDump(command: ShellCommand, previous: ShellCommand | undefined): boolean {
  if (programOf(command) === "pg_restore" || programOf(command) === "myloader") {
    return !isScratch(command) && !hasFlag(command, "--list", "-l");
  }
  if (!isSqlClient(command) || isScratch(command)) return false;
  const isRedirected = command.redirects.some(({ operator }) => operator === "<");
  const isPiped =
    command.before === "|" &&
    /^(cat|zcat|gunzip|gzip|xzcat|xz|zstd|zstdcat|bzcat|pigz|lz4|mysqldump|mariadb-dump|pg_dump|gpg|openssl|age|restic|ssh|pv|curl)$/.test(
      programOf(previous ?? command),
    );
  const isFile = command.words.some((word, index) => word === "-f" && index > 0 && command.words[index + 1]?.endsWith(".sql"));
  return isRedirected || isPiped || isFile || /^\s*(source|\\i|\\\.)\s/im.test(sqlOf(command, previous));
}

function changesDatabase(command: ShellCommand, previous: ShellCommand | undefined): boolean {
  return (
    loadsDump(command, previous) || settingsOf(command).some(({ key }) => /^database\.default$|^DB_(HOST|DATABASE|CONNECTION)$/.test(key))
  );
}

/** A statement without its comments and strings that would wipe rows or tables. */
export function destroysRows(sql: string): boolean {
  const bare = sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ").replaceAll(/'[^']*'/g, "''");
  return bare.split(";").some((statement) => {
    if (/\b(drop\s+(table|database|schema|index|view|trigger|user)|truncate)\b/i.test(statement)) return true;
    return /^\s*(delete\s+from|update)\b/i.test(statement) && !/\bwhere\b/i.test(statement);
  });
}

export const dataRules: readonly LintRule[] = [
  commandRule("redis-flushdb", "data", 3, (command) => speaks(command, /\bflushdb\b/i)),
  commandRule("redis-flushall", "data", 34, (command) => speaks(command, /\bflushall\b/i)),
  commandRule("redis-keys", "data", 2, (command) => {
    if (!isRedisClient(command)) return false;
    return (
      command.words.some((word) => /^keys$/i.test(word)) ||
      (command.wrappers.includes("xargs") && command.words.some((word) => /^del$/i.test(word)))
    );
  }),
  commandRule(
    "cache-clear-all",
    "data",
    2,
    (command) =>
      isVerb(command, /^(optimize|cache):clear$/, "artisan") ||
      // Ours clears the caches that the configuration names, by prefix; without a name only `cache:clear` is unclear.
      (isVerb(command, /^cache:clear$/, "ampel") && (verbOf(command)?.args ?? []).every((word) => word.startsWith("-"))),
  ),
  commandRule("queue-clear", "data", 4, (command) => {
    if (isVerb(command, /^(queue|horizon):(clear|flush|forget|prune\S*)$|^queue:purge$/)) return true;
    if (isRedisClient(command)) {
      return (
        command.words.some((word) => /^(del|unlink|ltrim)$/i.test(word)) &&
        command.words.some((word) => /queues?:|horizon|bull:/i.test(word))
      );
    }
    return (
      programOf(command) === "rabbitmqctl" && command.words.some((word) => /^(purge_queue|delete_queue|reset|force_reset)$/.test(word))
    );
  }),
  commandRule(
    "sql-destroys",
    "data",
    27,
    (command, script, index) =>
      destroysRows(sqlOf(command, script.commands[index - 1])) ||
      programOf(command) === "dropdb" ||
      (programOf(command) === "mysqladmin" && command.words.includes("drop")),
  ),
  commandRule("schema-rebuild", "data", 27, (command) =>
    isVerb(command, /^(migrate:(fresh|refresh|reset|rollback)|db:(wipe|seed))$/, "artisan"),
  ),
  commandRule("restore-into-live", "data", 27, (command, script, index) => loadsDump(command, script.commands[index - 1])),
  commandRule("verify-after-damage", "data", 28, (command, script, index) => {
    if (!isVerb(command, checks) && !(programOf(command) === "mysqlcheck")) return false;
    const changedAt = script.commands.findIndex((earlier, at) => at < index && changesDatabase(earlier, script.commands[at - 1]));
    return changedAt >= 0 && !script.commands.slice(0, changedAt).some((earlier) => isVerb(earlier, checks));
  }),
  commandRule("database-switch", "data", 26, (command) => {
    if (settingsOf(command).some(({ key }) => /^database\.(default|connections\.)|^DB_(HOST|DATABASE|CONNECTION|PORT)$/i.test(key))) {
      return true;
    }
    const editsEnv = programOf(command) === "sed" && command.words.some((word) => /DB_(HOST|DATABASE|CONNECTION|PORT)/.test(word));
    return editsEnv || (programOf(command) === "pg_ctl" && command.words.includes("promote"));
  }),
];
