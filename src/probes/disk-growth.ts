/** A filling level at one moment (epoch ms UTC). */
export type FillSample = { readonly at: number; readonly usedBytes: number };

const keptMs = 30 * 60_000;
const leastSpanMs = 60_000;
const mostSamples = 120;

/** The samples with one more, none older than 30 minutes, thinned so that they stay few. Samples of a clock that jumped back go. */
export function addSample(samples: readonly FillSample[], sample: FillSample): FillSample[] {
  const kept = samples.filter(({ at }) => at < sample.at && at >= sample.at - keptMs);
  const thinned = kept.length < mostSamples ? kept : kept.filter((_, index) => index % 2 === 0);
  return [...thinned, sample];
}

/**
 * Minutes until `limitBytes` is reached at the present growth (least squares over the kept samples);
 * `undefined` when it does not grow or fewer than 3 samples over one minute are known.
 */
export function predictFullMinutes(samples: readonly FillSample[], limitBytes: number): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < 3 || last.at - first.at < leastSpanMs) return undefined;
  const meanAt = samples.reduce((sum, { at }) => sum + (at - first.at), 0) / samples.length;
  const meanUsed = samples.reduce((sum, { usedBytes }) => sum + usedBytes, 0) / samples.length;
  const across = samples.reduce((sum, { at, usedBytes }) => sum + (at - first.at - meanAt) * (usedBytes - meanUsed), 0);
  const spread = samples.reduce((sum, { at }) => sum + (at - first.at - meanAt) ** 2, 0);
  const bytesPerMs = across / spread;
  // What was just cleaned up no longer grows, whatever the half hour before says.
  const before = samples.at(-2);
  if (!(bytesPerMs > 0) || (before !== undefined && last.usedBytes < before.usedBytes)) return undefined;
  return Math.max(0, (limitBytes - last.usedBytes) / bytesPerMs / 60_000);
}
