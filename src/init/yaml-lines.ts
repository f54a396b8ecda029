/** A word that YAML reads as the text it is; everything else goes in double quotes, which JSON and YAML share. */
export function scalar(text: string): string {
  const isPlain = /^[A-Za-z/][\w./@+-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** `{unit: nginx, dependsOn: [php]}`: one entry on one line, without the fields that are undefined. */
export function flow(fields: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${flowValue(value)}`]));
  return `{ ${parts.join(", ")} }`;
}

function flowValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowValue).join(", ")}]`;
  if (typeof value === "object" && value !== null) return flow(value as Record<string, unknown>);
  return typeof value === "string" ? scalar(value) : String(value);
}

/** A section with its comment; empty when it has no entries. */
export function section(name: string, comment: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return ["", ...comment.split("\n").map((line) => `# ${line}`), `${name}:`, ...lines.map((line) => `  ${line}`)];
}
