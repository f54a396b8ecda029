const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A size for reading: `512 B`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(bytes))) / 10)));
  const amount = bytes / 1024 ** step;
  return `${step === 0 || amount >= 100 ? Math.round(amount) : Number(amount.toFixed(1))} ${units[step]}`;
}

const factors: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Bytes of `4096`, `500M`, `2GiB`, `1.5 GB` (all in powers of 1024); `undefined` for anything else. */
export function parseBytes(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)\s?([KMGT]?)(?:i?B)?$/.exec(text) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * (factors[unit] ?? 1));
}
