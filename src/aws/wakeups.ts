// Wakeups: within one process a wake ends the waits at once; functions on AWS share no memory, so their waits only sleep.
import { endWait } from '../end-wait.ts';
import type { Clock } from '../ports/clock.ts';
import type { Wakeups } from '../ports/wakeups.ts';

/** Waits are capped at `maxWaitMs` (the front's limit). Local mode uses it with a long cap, AWS with a short one. */
export function processWakeups({
  clock,
  maxWaitMs,
}: {
  clock: Pick<Clock, 'sleep'>;
  maxWaitMs: number;
}): Wakeups {
  const waiting = new Map<string, Set<AbortController>>();
  return {
    wake(uid) {
      for (const one of [...(waiting.get(uid) ?? [])]) endWait(one);
    },
    async wait(uid, ms, signal) {
      if (signal?.aborted) return;
      const one = new AbortController();
      const all = waiting.get(uid) ?? new Set<AbortController>();
      waiting.set(uid, all.add(one));
      const abort = (): void => endWait(one);
      signal?.addEventListener('abort', abort);
      await clock.sleep(Math.min(ms, maxWaitMs), one.signal);
      signal?.removeEventListener('abort', abort);
      all.delete(one);
      if (all.size === 0 && waiting.get(uid) === all) waiting.delete(uid);
    },
  };
}
