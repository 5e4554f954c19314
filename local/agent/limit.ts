// At most so many launches at a time: beyond about twice the cores more of them only wait for each other.

/** Runs `work` as soon as fewer than the limit run; first come, first served. */
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
      // The place is handed on, so that nobody who comes in between takes it.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
