// Work that nobody waits for: its errors are logged.

/** Starts work under a name; its error is logged with that name. */
export type Background = (what: string) => (work: Promise<unknown>) => void;

export const backgroundOn =
  (log: (line: string) => void): Background =>
  (what) =>
  (work) => {
    work.catch((error: unknown) =>
      log(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    );
  };

/** Runs `work` for a key in the background; requests during a run cause one more run. */
export function oneAtATime(
  work: (key: string) => Promise<void>,
  background: (work: Promise<unknown>) => void,
): (key: string) => void {
  const asked = new Map<string, boolean>();
  const run = async (key: string): Promise<void> => {
    try {
      while (asked.get(key)) {
        asked.set(key, false);
        await work(key);
      }
    } finally {
      asked.delete(key);
    }
  };
  return (key) => {
    const running = asked.has(key);
    asked.set(key, true);
    if (!running) background(run(key));
  };
}
