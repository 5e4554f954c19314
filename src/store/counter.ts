// The counter item: the last number taken, the number up to which the log is settled, and the number from which it is still complete.
// See docs/design/store.md.
import type { Table, Item } from './table.ts';
import { COUNTER } from './layout.ts';

/** Log entries stay readable for at least this long (etcd's default compaction is 5 minutes). */
const HORIZON_MS = 60 * 60 * 1000;

/** The age at which the mark is moved. */
export const MARK_MS = 60 * 1000;

/** The distance between the samples by which compactedTo follows the time: few, since each number taken pays for the item's size. */
const SAMPLE_MS = 10 * 60 * 1000;

/** A mark older than this is not trusted: entries above it may have begun to expire. */
const STALE_MS = 2 * 60 * 60 * 1000;

/** How long after their write log entries and parts expire: later than any mark lets a reader ask for them. */
export const EXPIRE_MS = HORIZON_MS + 3 * STALE_MS;

/** Deletion markers expire later than the log. */
export const MARKER_MS = 2 * EXPIRE_MS;

export interface Counter {
  /** The last number taken. */
  number: number;
  /** Every number up to this one is an entry or a tombstone. */
  settled: number;
  settledAt: number;
  /** The log is complete above this number. */
  compactedTo: number;
  /** Past marks (time, settled), oldest first; at most one is older than the horizon. */
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

/** Takes `count` numbers at once; the returned `number` is the last of them. */
export const takeNumbers = async (table: Pick<Table, 'update'>, count: number): Promise<Counter> =>
  toCounter(await table.update(COUNTER, 'ADD num :count', { ':count': count }));

/** Whether the mark is too old to be trusted for the numbers between it and the last one. */
export const isStale = ({ number, settled, settledAt }: Counter, nowMs: number): boolean =>
  number > settled && settledAt > 0 && nowMs - settledAt > STALE_MS;

/** The counter with its mark moved to `settled`: raises compactedTo by time, before the entries below may expire. */
export function moveMark(counter: Counter, settled: number, nowMs: number): Counter {
  const last = counter.samples.at(-1);
  const samples: Counter['samples'] =
    last && nowMs - last[0] < SAMPLE_MS ? counter.samples : [...counter.samples, [nowMs, settled]];
  const old = samples.filter(([at]) => at < nowMs - HORIZON_MS);
  const compactedTo = Math.max(counter.compactedTo, ...old.map(([, number]) => number));
  return { ...counter, settled, settledAt: nowMs, compactedTo, samples: samples.slice(old.length) };
}

/** The mark of a log that nobody marked for too long: unsettled entries are given up, and readers below it list again. */
export const moveStaleMark = (counter: Counter, number: number, nowMs: number): Counter => ({
  ...counter,
  settled: number,
  settledAt: nowMs,
  compactedTo: number,
  samples: [[nowMs, number]],
});

/** Stores a mark unless another process has stored a newer one. */
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
