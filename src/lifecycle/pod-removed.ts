// Forced removal: the object goes at once, what still runs is stopped afterwards by the record that stays as a to-stop note.
import type { Pod } from '../kinds/pod.ts';
import type { Ports, RecordWrite } from '../ports.ts';

/** Record writes for the same commit as the removal of the pod's object; they hold its record's present revision. */
export async function removalRecords(_ports: Pick<Ports, 'store'>, _pod: Pod): Promise<RecordWrite[]> {
  return Promise.resolve([]);
}

/** After the removal's commit: stops what still runs. May be called again; sweep repeats it. */
export async function podRemoved(_ports: Ports, _pod: Pod): Promise<void> {
  return Promise.resolve();
}
