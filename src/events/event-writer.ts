// Events of something that is in progress: stored at once, so that they carry the time at which they happened.
import type { Pod } from '../kinds/pod.ts';
import type { PodEvent } from '../pod/events/pod-events.ts';
import type { Ports } from '../ports/ports.ts';
import { recordEvents } from './record-event.ts';

export interface EventWriter {
  /** Starts to store the events. */
  write(events: PodEvent[]): void;
  /** Resolves when all of them are stored; throws if storing one failed. */
  written(): Promise<void>;
}

/** A writer of one pod's events. */
export function eventWriter(ports: Pick<Ports, 'store' | 'clock' | 'ids'>, pod: Pod): EventWriter {
  const outcomes: Promise<{ error?: unknown }>[] = [];
  return {
    write: (events) =>
      void outcomes.push(
        recordEvents(ports, pod, events).then(
          () => ({}),
          (error: unknown) => ({ error }),
        ),
      ),
    written: async () => {
      for (const outcome of await Promise.all(outcomes))
        if ('error' in outcome) throw outcome.error;
    },
  };
}
