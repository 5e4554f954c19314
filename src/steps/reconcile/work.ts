// droppod's record of an object that a controller reconciles: how many children it has created, and when to look again.
// Every write of a pass raises the record's revision in its own commit, so that only one of two overlapping passes continues.
import { isMap } from '../../own.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RecordWrite } from '../../ports/store.ts';
import { present } from '../../present.ts';

/** One object of one controller. */
export interface WorkKey {
  /** The controller's name. */
  controller: string;
  namespace: string;
  name: string;
}

export interface Work {
  key: WorkKey;
  /** Uid of the object that the rest is about; a new object of the same name starts again. */
  uid: string;
  /** How many children were ever created. */
  count: number;
  /** When to look again even if nothing changes. */
  dueAt?: string;
  /** The record's revision; 0: not stored. */
  revision: number;
}

const KIND = 'work/';

const recordKey = ({ controller, namespace, name }: WorkKey): string =>
  `${KIND}${controller}/${namespace}/${name}`;

/** The id of its due time. */
export const dueId = recordKey;

/** The record as stored now; it must be read before anything that the pass's decisions depend on. */
export async function readWork({ store }: Pick<Ports, 'store'>, key: WorkKey): Promise<Work> {
  const stored = await store.getRecord(recordKey(key));
  return { key, revision: stored?.revision ?? 0, ...valueOf(stored?.value) };
}

/** Every object that has children or waits for a time. */
export const listWork = async ({ store }: Pick<Ports, 'store'>): Promise<Work[]> =>
  (await store.listRecords(KIND)).flatMap(({ key, value, revision }) => {
    const [, controller, namespace, name] = key.split('/');
    return controller === undefined || namespace === undefined || name === undefined
      ? []
      : [{ key: { controller, namespace, name }, revision, ...valueOf(value) }];
  });

function valueOf(value: unknown): Pick<Work, 'uid' | 'count' | 'dueAt'> {
  const { uid, count, dueAt } = isMap(value) ? value : {};
  return {
    uid: typeof uid === 'string' ? uid : '',
    count: typeof count === 'number' ? count : 0,
    ...present({ dueAt: typeof dueAt === 'string' ? dueAt : undefined }),
  };
}

/** The write that turns what was read into `next`. */
export const workWrite = (
  { key, revision }: Work,
  { uid, count, dueAt }: Pick<Work, 'uid' | 'count' | 'dueAt'>,
): RecordWrite => ({
  key: recordKey(key),
  value: { uid, count, ...present({ dueAt }) },
  expected: revision,
});

/** Deletes the record of an object that is gone. */
export async function forgetWork(
  { store }: Pick<Ports, 'store'>,
  { key, revision }: Work,
): Promise<void> {
  if (revision === 0) return;
  await store.commit({
    records: [{ key: recordKey(key), value: null, expected: revision }],
  });
}
