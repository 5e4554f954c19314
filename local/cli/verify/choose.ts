// Which assumptions a verification is about.
import { Refusal } from '../place.ts';
import type { Assumption } from './assumption.ts';

export interface Choice {
  /** IDs; absent: all. */
  only?: string[];
  /** Those alone that take a minute at most. */
  quick?: boolean;
}

/** In the list's order; an unknown ID is refused with those that there are. */
export function choose(all: readonly Assumption[], { only, quick }: Choice): Assumption[] {
  const unknown = only?.filter((id) => !all.some((one) => one.id === id)) ?? [];
  if (unknown.length > 0)
    throw new Refusal(
      `--only ${unknown.join(' ')}: there are ${all.map(({ id }) => id).join(', ')}`,
      2,
    );
  return all.filter(
    ({ id, isQuick }) => (only === undefined || only.includes(id)) && (quick !== true || isQuick),
  );
}
