export type SqlRow = Readonly<Record<string, unknown>>;

/** One open connection; every statement has the session's limit, and a fault it throws names the server, never the password. */
export type SqlSession = {
  readonly engine: "mariadb" | "postgres";
  readonly version: string;
  /** Placeholders are the engine's own: `?` for MariaDB, `$1` for Postgres. */
  query(text: string, values?: readonly unknown[]): Promise<readonly SqlRow[]>;
};

/** What a driver gives for a text, a number or nothing; empty for nothing and for anything that has no plain form. */
export function toText(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ? String(value) : "";
}

/** A number that a driver gives as number, string or bigint; `undefined` for anything else. */
export function toNumber(value: unknown): number | undefined {
  if (value === null || value === undefined || value === "") return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
