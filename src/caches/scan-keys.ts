import type { RedisSession } from "../integrations/redis.ts";

/** Keys looked at per round: a millisecond or so of the server's time, so that nobody else waits. */
const roundSize = 1000;

/** All keys that begin with `prefix`, in rounds; a key may come twice (https://redis.io/docs/latest/commands/scan/). Never KEYS, which stops the server. */
export async function* scanKeys(session: RedisSession, prefix: string): AsyncGenerator<readonly string[]> {
  let cursor = "0";
  do {
    const [next, keys] = (await session.command("SCAN", cursor, "MATCH", `${escapePattern(prefix)}*`, "COUNT", roundSize)) as [
      string,
      string[],
    ];
    // The pattern is the server's word, the beginning is ours.
    const found = keys.filter((key) => key.startsWith(prefix));
    if (found.length > 0) yield found;
    cursor = next;
  } while (cursor !== "0");
}

export function escapePattern(text: string): string {
  return text.replace(/[*?[\]\\^]/g, "\\$&");
}

const textEncodings = new Set(["embstr", "raw", "int"]);

/** The kind of value under each key (`string`, `list`, `zset` …; `none` when it has gone), and which texts are short. Does not make a key look used. */
export async function readKinds(session: RedisSession, keys: readonly string[]): Promise<{ kind: string; isShortText: boolean }[]> {
  // The encoding tells texts from the rest in one question; only the rest, mostly a few, is asked again.
  const encodings = (await session.batch(keys.map((key) => ["OBJECT", "ENCODING", key]))).map(String);
  const others = keys.filter((_, index) => !textEncodings.has(encodings[index] ?? ""));
  const kinds = await session.batch(others.map((key) => ["TYPE", key]));
  const kindOf = new Map(others.map((key, index) => [key, String(kinds[index])]));
  return keys.map((key, index) => ({ kind: kindOf.get(key) ?? "string", isShortText: encodings[index] === "embstr" }));
}
