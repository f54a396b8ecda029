import type { RedisSession } from "../integrations/redis.ts";

/** Keys looked at per round: a millisecond or so of the server's time, so that nobody else waits. */
const roundSize = 500;

/** All keys that begin with `prefix`, in rounds; a key may come twice (https://redis.io/docs/latest/commands/scan/). Never KEYS, which stops the server. */
export async function* scanKeys(session: RedisSession, prefix: string): AsyncGenerator<readonly string[]> {
  let cursor = "0";
  do {
    const [next, keys] = (await session.command("SCAN", cursor, "MATCH", `${escapePattern(prefix)}*`, "COUNT", roundSize)) as [string, string[]];
    // The pattern is the server's word, the beginning is ours.
    const found = keys.filter((key) => key.startsWith(prefix));
    if (found.length > 0) yield found;
    cursor = next;
  } while (cursor !== "0");
}

export function escapePattern(text: string): string {
  return text.replace(/[*?[\]\\^]/g, "\\$&");
}
