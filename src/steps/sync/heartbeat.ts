// When a pod's podlet last reported: a record of its own, so that a heartbeat makes no new version of the pod.
// See docs/design/sync.md.
import { isMap } from '../../own.ts';
import type { Ports } from '../../ports/ports.ts';
import type { PodRecord } from '../../record/record.ts';
import { heartbeatKey } from '../pod/record-for.ts';

const HEARTBEAT_MS = 10_000;

/** Records that the podlet has reported, at most every 10 s. */
export async function recordHeartbeat(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  { uid }: PodRecord,
): Promise<void> {
  const now = clock.now();
  const last = await lastHeartbeat({ store }, uid);
  if (last && now.getTime() - last.getTime() < HEARTBEAT_MS) return;
  await store.commit({
    records: [{ key: heartbeatKey(uid), value: { at: now.toISOString() }, expected: 'any' }],
  });
}

/** When the podlet last reported; undefined: never. */
export async function lastHeartbeat(
  { store }: Pick<Ports, 'store'>,
  uid: string,
): Promise<Date | undefined> {
  const value = (await store.getRecord(heartbeatKey(uid)))?.value;
  const at = isMap(value) ? value['at'] : undefined;
  return typeof at === 'string' ? new Date(at) : undefined;
}
