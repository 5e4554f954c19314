// Percentiles and a plain table for the benches.

export interface Figures {
  p50: number;
  p95: number;
  max: number;
  count: number;
}

export type Row = { name: string } & Figures;

const at = (sorted: number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** p50, p95 and maximum of samples in ms. */
export function summary(samples: number[]): Figures {
  const sorted = [...samples].sort((a, b) => a - b);
  return { p50: at(sorted, 0.5), p95: at(sorted, 0.95), max: at(sorted, 1), count: sorted.length };
}

/** Ratio of the percentiles of two sample sets taken in turn. */
export function ratio(a: number[], b: number[]): { p50: number; p95: number } {
  const [left, right] = [summary(a), summary(b)];
  return { p50: left.p50 / right.p50, p95: left.p95 / right.p95 };
}

export function table(rows: Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const head = `${'ms'.padEnd(width)} ${['p50', 'p95', 'max', 'n'].map((word) => word.padStart(8)).join('')}`;
  return [head, ...rows.map(({ name, p50, p95, max, count }) => `${name.padEnd(width)} ${[p50, p95, max].map((value) => value.toFixed(0).padStart(8)).join('')}${String(count).padStart(8)}`)].join('\n');
}
