const maxShown = 200;

const comments = String.raw`\/\*[\s\S]*?(?:\*\/|$)|--[^\n]*`;
const numbers = String.raw`\b0x[0-9a-f]+\b|(?<![\w$])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\b`;
// One pattern per engine, because what ends a text differs: a backslash escapes in MariaDB, in Postgres only after E.
// Whoever pairs the quotes wrongly shows what stands between two texts as if it were none. A text may be cut off at the end.
const hidden = {
  mariadb: new RegExp(
    String.raw`${comments}|#[^\n]*|(?:\b(?:[xbn]|_\w+))?'(?:[^'\\]|''|\\[\s\S])*(?:'|\\?$)|"(?:[^"\\]|""|\\[\s\S])*(?:"|\\?$)|${numbers}`,
    "gi",
  ),
  postgres: new RegExp(
    String.raw`${comments}|\be'(?:[^'\\]|''|\\[\s\S])*(?:'|\\?$)|(?:\b[xbnu]&?)?'(?:[^']|'')*(?:'|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|${numbers}`,
    "gi",
  ),
};

/**
 * A statement without the values in it: who reads a report needs its shape, not the caller's number.
 * In Postgres double quotes name a column, in MariaDB they hold a text. At most 200 characters.
 */
export function maskStatement(statement: string, engine: "mariadb" | "postgres"): string {
  const masked = statement
    .replace(hidden[engine], (part) => (/^(\/\*|--|#)/.test(part) ? " " : "?"))
    .replace(/\s+/g, " ")
    .trim();
  return masked.length > maxShown ? `${masked.slice(0, maxShown)}…` : masked;
}
