// The counter item: the last number taken, up to where the log is settled, and from where on it still stands.
// See docs/design/store.md.
import type { Table, Item } from './table.ts';
import { COUNTER } from './layout.ts';

/** Log entries stay readable at least this long (etcd's default compaction is 5 minutes). */
const HORIZON_MS = 60 * 60 * 1000;

/** The mark is moved on when it is older than this. */
export const MARK_MS = 60 * 1000;

/** Distance of the samples by which compactedTo follows the time: few, since every number taken pays for the item's size. */
const SAMPLE_MS = 10 * 60 * 1000;

/** A mark older than this says nothing: what lies above it may have begun to expire. */
const STALE_MS = 2 * 60 * 60 * 1000;

/** Log entries and parts expire this long after they were written: later than any mark lets a reader look for them. */
export const EXPIRE_MS = HORIZON_MS + 3 * STALE_MS;

/** Deletion markers outlive the log. */
export const MARKER_MS = 2 * EXPIRE_MS;

export interface Counter {
  /** Last number taken. */
  number: number;
  /** Every number up to here is an entry or a tombstone. */
  settled: number;
  settledAt: number;
  /** The log is complete above this number. */
  compactedTo: number;
  /** Past marks (time, settled), oldest first, no older than the horizon but one. */
  samples: [at: number, settled: number][];
}

/** The parsed counter item; all zero before the first write. */
function toCounter(item: Item | undefined): Counter {
  const samples = Array.isArray(item?.samples) ? item.samples : [];
  return {
    number: Number(item?.num ?? 0),
    settled: Number(item?.settled ?? 0),
    settledAt: Number(item?.settledAt ?? 0),
    compactedTo: Number(item?.compactedTo ?? 0),
    samples: samples.map((sample) =>
      Array.isArray(sample) ? [Number(sample[0]), Number(sample[1])] : [0, 0],
    ),
  };
}

/** Reads the counter. */
export const readCounter = async (table: Pick<Table, 'get'>): Promise<Counter> =>
  toCounter(await table.get(COUNTER));

/** Takes `count` numbers at once: the answer's `number` is the last of them. */
export const takeNumbers = async (table: Pick<Table, 'update'>, count: number): Promise<Counter> =>
  toCounter(await table.update(COUNTER, 'ADD num :count', { ':count': count }));

/** Whether the mark is too old to be trusted for what lies between it and the last number. */
export const isStale = ({ number, settled, settledAt }: Counter, nowMs: number): boolean =>
  number > settled && settledAt > 0 && nowMs - settledAt > STALE_MS;

/** The counter's mark moved to `settled`: raises compactedTo by time, before the entries below may expire. */
export function moveMark(counter: Counter, settled: number, nowMs: number): Counter {
  const last = counter.samples.at(-1);
  const samples: Counter['samples'] =
    last && nowMs - last[0] < SAMPLE_MS ? counter.samples : [...counter.samples, [nowMs, settled]];
  const old = samples.filter(([at]) => at < nowMs - HORIZON_MS);
  const compactedTo = Math.max(counter.compactedTo, ...old.map(([, number]) => number));
  return { ...counter, settled, settledAt: nowMs, compactedTo, samples: samples.slice(old.length) };
}

/** The mark of a log that nobody marked for too long: what was not settled then is given up, readers below it list again. */
export const moveStaleMark = (counter: Counter, number: number, nowMs: number): Counter => ({
  ...counter,
  settled: number,
  settledAt: nowMs,
  compactedTo: number,
  samples: [[nowMs, number]],
});

/** Stores a mark unless another process stored a newer one. */
export async function storeMark(table: Pick<Table, 'transact'>, mark: Counter): Promise<void> {
  await table.transact([
    {
      update: COUNTER,
      expression:
        'SET settled = :settled, settledAt = :at, compactedTo = :compacted, samples = :samples',
      values: {
        ':settled': mark.settled,
        ':at': mark.settledAt,
        ':compacted': mark.compactedTo,
        ':samples': mark.samples,
      },
      condition: {
        expression:
          'attribute_not_exists(settledAt) OR (settledAt <= :at AND settled <= :settled AND compactedTo <= :compacted)',
      },
    },
  ]);
}
