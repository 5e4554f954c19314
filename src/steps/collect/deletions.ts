// The deletions that wait for dependents; records of completed ones are deleted in passing.
import { dependentIn } from '../../owners/dependents.ts';
import { DELETIONS } from '../../owners/deletions.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ObjectKey } from '../../ports/store.ts';

/** The keys of the objects whose deletion has not completed. */
export async function listDeletions({ store }: Pick<Ports, 'store'>): Promise<ObjectKey[]> {
  const open: ObjectKey[] = [];
  for (const { key: record, value, revision } of await store.listRecords(DELETIONS)) {
    const key = dependentIn(value);
    const object = key && (await store.get(key));
    if (key && object?.metadata.uid === record.slice(DELETIONS.length)) open.push(key);
    else await store.commit({ records: [{ key: record, value: null, expected: revision }] });
  }
  return open;
}
