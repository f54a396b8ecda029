const maxShown = 200;

// In order: comments, quoted texts (also cut off in the middle), Postgres' dollar quotes, numbers.
const personal = /\/\*[\s\S]*?(?:\*\/|$)|(?:--|#)[^\n]*|\b(?:[exbn]|_\w+)?'(?:[^'\\]|''|\\[\s\S])*(?:'|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|\b0x[0-9a-f]+\b|(?<![\w$])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/gi;
const doubleQuoted = /"(?:[^"\\]|""|\\[\s\S])*(?:"|$)/g;

/**
 * A statement without the values in it: who reads a report needs its shape, not the caller's number.
 * In Postgres double quotes name a column, in MariaDB they hold a text. At most 200 characters.
 */
export function maskStatement(statement: string, engine: "mariadb" | "postgres"): string {
  const bare = engine === "mariadb" ? statement.replace(doubleQuoted, "?") : statement;
  const masked = bare.replace(personal, (part) => (/^(\/\*|--|#)/.test(part) ? " " : "?")).replace(/\s+/g, " ").trim();
  return masked.length > maxShown ? `${masked.slice(0, maxShown)}…` : masked;
}
