import { cpus } from "node:os";

/** One measured figure, printed as a line of JSON: what, how much, how far apart, against what, on which machine. */
export type Figure = {
  readonly figure: string;
  readonly unit: string;
  readonly samples: readonly number[];
  /** Ratio or figure that must not be passed; absent for a figure that is only told. */
  readonly limit?: number;
  readonly peer?: string;
};

/** Prints it and says whether it keeps its limit. The median is judged: single runs on two noisy cores prove nothing. */
export function tell({ figure, unit, samples, limit, peer }: Figure): boolean {
  const sorted = samples.toSorted((left, right) => left - right);
  const median = medianOf(sorted);
  const isKept = limit === undefined || median <= limit;
  const round = (value: number): number => Math.round(value * 100) / 100;
  console.log(
    JSON.stringify({
      figure,
      unit,
      median: round(median),
      min: round(sorted[0] ?? 0),
      max: round(sorted.at(-1) ?? 0),
      n: sorted.length,
      limit,
      isKept,
      peer,
      cores: cpus().length,
    }),
  );
  return isKept;
}

export function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
