// Real time, for whoever composes the ports: functions, the podlet, local mode.
import type { Clock } from './ports/clock.ts';

/** Node's timers fire at once beyond 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The system clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      let left = ms;
      let timer = setTimeout(next, Math.min(left, LONGEST_TIMER_MS));
      function next(): void {
        left -= LONGEST_TIMER_MS;
        if (left > 0) timer = setTimeout(next, Math.min(left, LONGEST_TIMER_MS));
        else end();
      }
      function end(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      }
      signal?.addEventListener('abort', end);
    }),
};
