// Measures what the containers use by two readings of the engine's counters; sent with the next report that is due anyway.
import type { ContainerUsage } from '../src/protocol/messages.ts';
import { own } from '../src/own.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { World } from './world.ts';

/** metrics-server's interval. */
const LOOK_MS = 15_000;
/** The pod's own start comes first: the engine takes its time over counters of what is just starting. */
const FIRST_LOOK_MS = 3_000;

/** One container's counters at one moment. */
export interface Counters {
  /** Processor time since its start, in ns. */
  cpuNs: number;
  /** Memory that cannot be reclaimed at once (the working set). */
  memoryBytes: number;
  /** When they were read, in ms. */
  at: number;
}

/** Reads the counters until the signal aborts; `read` returns undefined if there are none. */
export async function meterUsage(
  world: World,
  clock: Clock,
  read: () => Promise<{ [container: string]: Counters } | undefined>,
  signal: AbortSignal,
): Promise<void> {
  let before: { [container: string]: Counters } = {};
  await clock.sleep(FIRST_LOOK_MS, signal);
  while (!signal.aborted) {
    const now = await read();
    if (now !== undefined) {
      const containers = Object.entries(now).flatMap(([name, counters]) => {
        const used = between(own(before, name), counters);
        return used === undefined ? [] : [[name, used] as const];
      });
      if (containers.length > 0)
        world.usage = {
          at: clock.now().toISOString(),
          windowMs: LOOK_MS,
          containers: Object.fromEntries(containers),
        };
      before = now;
    }
    await clock.sleep(LOOK_MS, signal);
  }
}

/** undefined if the container is new or has restarted since. */
function between(before: Counters | undefined, now: Counters): ContainerUsage | undefined {
  if (before === undefined || now.at <= before.at || now.cpuNs < before.cpuNs) return undefined;
  return {
    // Nanoseconds a second: billionths of a processor.
    cpuNanoCores: Math.round(((now.cpuNs - before.cpuNs) * 1000) / (now.at - before.at)),
    memoryBytes: now.memoryBytes,
  };
}
