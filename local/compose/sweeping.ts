// Sweep's schedule in local mode.
import { sweep } from '../../functions/sweep.ts';
import { systemClock } from '../../src/system-clock.ts';
import type { Ports } from '../../src/ports/ports.ts';

const SWEEP_MS = 10_000;

/** Sweeps repeatedly until the signal aborts; an error is logged, and the next sweep does what was missed. */
export async function sweepUntil(
  signal: AbortSignal,
  ports: Ports,
  log: (line: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    await sweep(ports).catch((error: unknown) =>
      log(`sweep: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    );
    await systemClock.sleep(SWEEP_MS, signal);
  }
}
