// Seeded randomness (mulberry32), so that a failing run can be repeated.

export interface Chance {
  /** [0, 1). */
  next(): number;
  /** 0 … n-1. */
  below(n: number): number;
  /** True with that probability. */
  happens(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
}

/** The same seed, the same sequence. */
export function chance(seed: number): Chance {
  let state = (seed * 0x9e3779b9) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (n) => Math.floor(next() * n),
    happens: (probability) => next() < probability,
    pick: (values) => values[Math.floor(next() * values.length)]!,
  };
}
