/** A JSON body as an object; empty when it is none. */
export function objectOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
}

/** A field that should be text; a number is taken as one. */
export function textOf(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : otherwise;
}

/** The same where the interface writes `null` for nothing. */
export function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
