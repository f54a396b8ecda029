import { distance } from "fastest-levenshtein";

/**
 * The candidate a mistyped word most likely means; `undefined` when none is near.
 * Near: at most a third of the letters differ (at least two), or one begins or ends with the other.
 */
export function findNearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(word);
  if (wanted === "") return undefined;
  let best: { name: string; score: number } | undefined;
  for (const name of candidates) {
    const known = plain(name);
    const isPrefix = wanted.length >= 3 && known.length >= 3 && (known.startsWith(wanted) || wanted.startsWith(known));
    const isEnd = wanted.length >= 3 && known.endsWith(wanted);
    const score = known === wanted ? 0 : isPrefix ? 1 : Math.min(isEnd ? 2 : Infinity, distance(wanted, known));
    const limit = Math.max(2, Math.floor(Math.max(wanted.length, known.length) / 3));
    // Two words of two letters are always "near": they must share the first one.
    if (score > limit || (!isEnd && wanted.length <= 3 && score > 1 && wanted[0] !== known[0])) continue;
    if (best === undefined || score < best.score) best = { name, score };
  }
  return best?.name;
}

/** `depends_on`, `depends-on` and `dependson` all mean `dependsOn`. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
