import { hasFlag, isRedisClient, isSqlClient, programOf } from "./command.ts";
import { commandRule, lineRule, type LintRule } from "./rule.ts";
import type { ShellCommand } from "../shell.ts";

/** What must never be printed; the second group is what gets masked. */
const secretPatterns: readonly RegExp[] = [
  /((?:mysql|mariadb|mysqldump|mariadb-dump|mysqladmin)\b[^|;&\n]{0,200}?\s-p)(['"]?[^\s'"]+['"]?)/g,
  /(--(?:password|passwd|pass|token|secret|api-key|apikey)(?:=|\s+))(['"]?[^\s'"]+['"]?)/gi,
  /(Authorization:\s*(?:\w+\s+)?)([^\s"']+)/gi,
  /(\b(?:x-)?api[-_]?key["']?\s*[:=]\s*["']?)([^\s"']{6,})/gi,
  /((?:PASSWORD|PASSWD|SECRET|TOKEN|_PWD|PASSWORT|KENNWORT)\w{0,40}["']?\s*[:=]\s*["']?)([^\s"'`|,;)]{4,})/gi,
  /(:\/\/[^\s:/@]+:)([^\s@/]+)(?=@)/g,
  /(\b(?:sk|pk|rk|key|ghp|gho|xoxb|xoxp|whsec|cal_live|cal_test|glpat)[-_])([A-Za-z0-9_-]{16,})/g,
  /(\bAKIA)([0-9A-Z]{16})\b/g,
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*)/g,
];

const accountPatterns: readonly RegExp[] = [
  /((?:login|kunden-?(?:nr|nummer)?|konto|account|customer|vertrag|server)\b[^\n]{0,20}?[:#]\s*(?:[A-Za-z]+\s+)?#?)([A-Za-z]*\d{5,})/gi,
];

/** A reference is no secret: `$TOKEN`, `${file:…}`, `$(cat …)`, `[secret]`. */
function isReference(value: string): boolean {
  return /^['"]?(\$|<|\[secret|\*{3}|…|%)/.test(value);
}

/** The text with every secret and account number replaced by `***`; what the shell would expand stays. */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const pattern of [...secretPatterns, ...accountPatterns]) {
    masked = masked.replaceAll(pattern, (whole, lead: string, value: string) => (isReference(value) ? whole : `${lead}***`));
  }
  return masked;
}

function holds(text: string, patterns: readonly RegExp[]): boolean {
  return patterns.some((pattern) => [...text.matchAll(pattern)].some((match) => !isReference(match[2] ?? "")));
}

function passwordInArgv(command: ShellCommand): boolean {
  if (isSqlClient(command) || /^(mysqldump|mariadb-dump|mysqladmin|mysqlcheck)$/.test(programOf(command))) {
    if (command.words.some((word) => /^-p.+/.test(word) && programOf(command) !== "psql")) return true;
  }
  if (isRedisClient(command) && hasFlag(command, "-a", "--pass")) return true;
  if (programOf(command) === "sshpass" && command.words.some((word) => word.startsWith("-p"))) return true;
  if (
    programOf(command) === "curl" &&
    command.words.some((word, index) => /^(-u|--user)$/.test(command.words[index - 1] ?? "") && word.includes(":"))
  ) {
    return true;
  }
  const named = command.words.some(
    (word, index) =>
      /^--(password|passwd|pass|token|secret|api-key)=./i.test(word) ||
      /^--(password|passwd|token|secret|api-key)$/i.test(command.words[index - 1] ?? ""),
  );
  return named || command.assignments.some((word) => /^(MYSQL_PWD|PGPASSWORD|REDISCLI_AUTH|SSHPASS)=['"]?[^$'"]/.test(word));
}

export const secretRules: readonly LintRule[] = [
  commandRule("password-in-argv", "secret", 25, passwordInArgv),
  commandRule("token-in-argv", "secret", 18, (command) =>
    command.words.some(
      (word) => /^(authorization|x-api-key|api-key|cookie)\s*:/i.test(word) || /[?&](token|api_?key|access_token|secret)=/i.test(word),
    ),
  ),
  {
    id: "secret-in-text",
    family: "secret",
    severity: "error",
    procedure: 25,
    *check({ lines }) {
      for (const { line, text } of lines) if (holds(text, secretPatterns)) yield { line };
    },
  },
  commandRule(
    "secret-shown",
    "secret",
    25,
    (command) =>
      ["cat", "less", "more", "head", "tail", "grep"].includes(programOf(command)) &&
      command.words
        .slice(1)
        .some((word) => /(^|\/)(\.env(\.\w+)?|\.my\.cnf|id_(rsa|ed25519|ecdsa)|shadow|\.pgpass|credentials)$/.test(word)),
  ),
  {
    id: "account-number",
    family: "secret",
    severity: "error",
    procedure: 40,
    *check({ lines }) {
      for (const { line, text } of lines) if (holds(text, accountPatterns)) yield { line };
    },
  },
  lineRule("address-in-card", "secret", 40, "prose", /(?<![\d.])(?!127\.|0\.0\.0\.0)(\d{1,3}\.){3}\d{1,3}(?![\d.])/, "warning"),
];
