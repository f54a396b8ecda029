import type { RedisSession } from "./redis.ts";

/** INFO as a map from field to text (https://redis.io/docs/latest/commands/info/). */
export type RedisInfo = ReadonlyMap<string, string>;

/** @throws {DatabaseFault} */
export async function readInfo(session: RedisSession, section = "all"): Promise<RedisInfo> {
  return parseInfo(String(await session.command("INFO", section)));
}

export function parseInfo(text: string): RedisInfo {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** A figure of INFO; 0 when the server does not know the field. */
export function infoNumber(info: RedisInfo, field: string): number {
  const value = Number(info.get(field) ?? 0);
  return Number.isFinite(value) ? value : 0;
}

/** Keys by number of the database; a database without keys is not listed. */
export function keysByDatabase(info: RedisInfo): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const [field, value] of info) {
    const database = /^db(\d+)$/.exec(field)?.[1];
    const keys = /keys=(\d+)/.exec(value)?.[1];
    if (database !== undefined && keys !== undefined) found.set(Number(database), Number(keys));
  }
  return found;
}

/** How often a command was called since the start of the server. */
export function callsOf(info: RedisInfo, command: string): number {
  return Number(/calls=(\d+)/.exec(info.get(`cmdstat_${command}`) ?? "")?.[1] ?? 0);
}
