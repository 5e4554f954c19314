// Forced removal: the object is removed at once. The record remains as a note of what still has to be stopped.
// See docs/design/deletion.md.
import type { Pod } from '../../kinds/pod.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RecordWrite } from '../../ports/store.ts';
import { hasTask } from '../../record/conclude.ts';
import { executionName } from '../../record/execution-name.ts';
import type { PodRecord } from '../../record/record.ts';
import { indexWrites } from '../pod/pod-index.ts';
import { forget, recordKey, toJson, toRecord } from '../pod/record-for.ts';
import { settle } from '../settle/settle.ts';
import type { SettlePorts } from '../settle/settle.ts';

/** Record writes for the commit that removes the pod's object, on condition of the record's present revision. */
export async function removalRecords(
  { store }: Pick<Ports, 'store'>,
  pod: Pod,
): Promise<RecordWrite[]> {
  const uid = pod.metadata.uid ?? '';
  const key = recordKey(uid);
  const stored = await store.getRecord(key);
  if (!stored) return [];
  const record = toRecord(stored.value);
  if (hasTask(record) || Object.keys(record.tokens).length > 0) {
    const orphan: PodRecord = { ...record, end: { is: 'orphaned' } };
    return [
      { key, value: toJson(orphan), expected: stored.revision },
      ...indexWrites(record, orphan),
    ];
  }
  return forget(record, stored.revision);
}

/** After the removal's commit: stops what still runs. May be called again; sweep repeats it. */
export async function podRemoved(ports: SettlePorts, pod: Pod): Promise<void> {
  const uid = pod.metadata.uid ?? '';
  const state = await settle(ports, uid);
  ports.wakeups.wake(uid);
  await ports.executions.stop(
    executionName({ uid, generation: state?.record.generation.number ?? 1 }),
    'The pod was removed',
  );
}
