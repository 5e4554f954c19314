// When a pod's podlet last reported, in a record of its own, so that a heartbeat does not create a new version of the pod.
// See docs/design/sync.md.
import { isMap } from '../../own.ts';
import type { Json } from '../../ports/json.ts';
import type { Ports } from '../../ports/ports.ts';
import { present } from '../../present.ts';
import type { Usage } from '../../protocol/messages.ts';
import type { PodRecord } from '../../record/record.ts';
import { heartbeatKey } from '../pod/record-for.ts';

const HEARTBEAT_MS = 10_000;

/** Records that the podlet has reported, and its containers' usage, at most every 10 s. */
export async function recordHeartbeat(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  { uid }: PodRecord,
  usage?: Usage,
): Promise<void> {
  const now = clock.now();
  const last = await lastHeartbeat({ store }, uid);
  if (last && now.getTime() - last.getTime() < HEARTBEAT_MS) return;
  await store.commit({
    records: [
      {
        key: heartbeatKey(uid),
        value: { at: now.toISOString(), ...present({ usage: usage as Json | undefined }) },
        expected: 'any',
      },
    ],
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

/** The last reported usage of the pod's containers; undefined: none. */
export async function lastUsage(
  { store }: Pick<Ports, 'store'>,
  uid: string,
): Promise<Usage | undefined> {
  const value = (await store.getRecord(heartbeatKey(uid)))?.value;
  return isMap(value) ? (value['usage'] as Usage | undefined) : undefined;
}
