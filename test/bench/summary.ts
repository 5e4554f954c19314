// Percentiles, and the table of a bench with its goals.

export interface Figures {
  p50: number;
  p95: number;
  p99: number;
  max: number;
  count: number;
}

/** A row: percentiles of samples, or one value. `goal` applies to the p50 or the value. */
export type Measure = { name: string; unit: string; goal?: number; atLeast?: boolean } & (
  Figures | { value: number }
);

const at = (sorted: number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** Percentiles of samples. */
export function summary(samples: number[]): Figures {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    p50: at(sorted, 0.5),
    p95: at(sorted, 0.95),
    p99: at(sorted, 0.99),
    max: at(sorted, 1),
    count: sorted.length,
  };
}

/** Ratio of the percentiles of two alternately taken sample sets. */
export function ratio(a: number[], b: number[]): { p50: number; p95: number } {
  const [left, right] = [summary(a), summary(b)];
  return { p50: left.p50 / right.p50, p95: left.p95 / right.p95 };
}

const toText = (value: number): string => value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);

/** The measures as a Markdown table. */
export function table(measures: Measure[]): string {
  const lines = measures.map((measure) => {
    const figures =
      'value' in measure
        ? [toText(measure.value), '', '', '']
        : [toText(measure.p50), toText(measure.p95), toText(measure.max), String(measure.count)];
    return [measure.name, measure.unit, ...figures, goalText(measure)];
  });
  const all = [['measure', 'unit', 'p50', 'p95', 'max', 'n', 'goal'], ...lines];
  const widths = (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((line) => (line[column] ?? '').length)),
  );
  const rows = all.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  return [
    rows[0],
    `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`,
    ...rows.slice(1),
  ].join('\n');
}

function goalText(measure: Measure): string {
  if (measure.goal === undefined) return '';
  const reached = 'value' in measure ? measure.value : measure.p50;
  const met = measure.atLeast ? reached >= measure.goal : reached <= measure.goal;
  return `${measure.atLeast ? '≥' : '≤'} ${toText(measure.goal)} ${met ? 'met' : `missed ×${toText(measure.atLeast ? measure.goal / reached : reached / measure.goal)}`}`;
}
