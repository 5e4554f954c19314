// Chooses the assumptions to prove.
import { Refusal } from '../place.ts';
import type { Assumption } from './assumption.ts';

export interface Choice {
  /** IDs; absent: all. */
  only?: string[];
  /** Only those that take at most a minute. */
  quick?: boolean;
}

/** In the order of the list. Refuses an unknown ID and lists the known ones. */
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
