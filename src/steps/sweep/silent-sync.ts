// Whether podlets are silent, or nobody answers them: a throttled or failing sync must not make pods lost.
import { isMap } from '../../own.ts';
import type { Ports } from '../../ports/ports.ts';
import { hasTask } from '../../record/conclude.ts';
import type { PodRecord } from '../../record/record.ts';
import { HEARTBEATS } from '../pod/record-for.ts';

/** Two reports of a podlet that has nothing to say. */
const QUIET_MS = 60_000;

/** True: of several podlets none has reported lately, so that nobody's silence means anything. Of one alone it is not known. */
export async function isSyncSilent(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  records: readonly PodRecord[],
): Promise<boolean> {
  const reporting = records.filter((record) => record.podlet && hasTask(record) && !record.end);
  if (reporting.length < 2) return false;
  const now = clock.now().getTime();
  const heartbeats = await store.listRecords(HEARTBEATS);
  return !heartbeats.some(({ value }) => {
    const at = isMap(value) ? value['at'] : undefined;
    return typeof at === 'string' && now - Date.parse(at) < QUIET_MS;
  });
}
