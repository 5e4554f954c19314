// The lines that a verification prints: first its plan, then its results.
import type { Assumption, Evidence } from './assumption.ts';
import { costOf, dollars } from './cost.ts';

export interface Row extends Evidence {
  id: string;
  assumed: string;
  seconds: number;
}

/** The page with the fallbacks. */
const FALLBACKS = 'docs/decisions.md#assumptions-about-aws';

/** One line per assumption, with its price. */
export function planLines(assumptions: Assumption[]): string[] {
  const width = widthOf(assumptions);
  return assumptions.map(
    ({ id, proof, uses }) => `${id.padEnd(width)}  ${dollars(costOf(uses)).padStart(7)}  ${proof}`,
  );
}

/** One line per row, failures last with a pointer to their fallback, then the totals. */
export function resultLines(rows: Row[]): string[] {
  const width = widthOf(rows);
  const order = ['passed', 'unproven', 'failed'] as const;
  const lines = order.flatMap((outcome) =>
    rows
      .filter((row) => row.outcome === outcome)
      .flatMap(({ id, assumed, text, seconds }) => [
        `${outcome.padEnd(8)}  ${id.padEnd(width)}  ${`${seconds} s`.padStart(6)}  ${text}`,
        ...(outcome === 'failed'
          ? [`          assumed: ${assumed}`, `          fallback: ${FALLBACKS}, row ${id}`]
          : []),
      ]),
  );
  const sums = order.map(
    (outcome) => `${rows.filter((row) => row.outcome === outcome).length} ${outcome}`,
  );
  return [...lines, sums.join(', ')];
}

const widthOf = (rows: { id: string }[]): number => Math.max(0, ...rows.map(({ id }) => id.length));
