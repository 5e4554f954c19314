// Limits concurrent launches: beyond about twice the cores they only wait for each other.

/** Runs `work` once fewer than the limit are running; first come, first served. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** A limit of `most` at a time. */
export function createLimit(most: number): Limit {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most)
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    else running += 1;
    try {
      return await work();
    } finally {
      // The place is passed on directly, so that no newcomer takes it.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
