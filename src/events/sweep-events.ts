// Kubernetes forgets Events after an hour (`--event-ttl`).
import { StoreConflict } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import type { Ports, ResourceVersion } from '../ports.ts';

const TTL_MS = 3_600_000;
/** Per sweep, so that a burst of old events does not hold it up. */
const MAX_PER_SWEEP = 500;

/** Removes events that were last seen more than an hour ago. */
export async function sweepEvents({ store, clock }: Pick<Ports, 'store' | 'clock'>): Promise<void> {
  const before = clock.now().getTime() - TTL_MS;
  const { objects } = await store.list({ resource: 'events' });
  for (const event of objects.filter((object) => lastSeen(object) < before).slice(0, MAX_PER_SWEEP)) {
    const { namespace = '', name = '', resourceVersion = '' } = event.metadata;
    try {
      await store.commit({ object: { key: { resource: 'events', namespace, name }, object: null, expected: resourceVersion as ResourceVersion } });
    } catch (error) {
      // Counted up meanwhile: it is not old any more.
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
}

function lastSeen(event: KubeObject): number {
  const times = [event['lastTimestamp'], event['eventTime'], event.metadata.creationTimestamp];
  return Date.parse(times.find((time): time is string => typeof time === 'string') ?? '');
}
