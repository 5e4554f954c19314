// What an open watch and a followed log cost at list prices: the table's reads are counted on a virtual clock, the rest is arithmetic.
import { createHash } from 'node:crypto';
import { WATCH_MEMORY_MIB } from '../../cdk/choices.ts';
import { whenOver } from '../../src/api/subresources/log/run-end.ts';
import { AWS_STREAM_SECONDS } from '../../src/api/wire/stream.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import { recordKey } from '../../src/steps/pod/record-for.ts';
import { pack } from '../../src/store/body.ts';
import { dynamoStore } from '../../src/store/dynamo-store.ts';
import type { Attribute, Item, ItemKey, Table } from '../../src/store/table.ts';
import { recordItem } from '../../src/store/layout.ts';
import { fakePorts } from '../fakes/ports.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';
import { present } from '../../src/present.ts';
import type { Measure } from './summary.ts';

/** us-east-1, dollars. */
const PRICES = {
  gigabyteSecondArm: 0.000_013_333_4,
  gigabyteSecondX86: 0.000_016_666_7,
  lambdaRequest: 0.2 / 1e6,
  readUnit: 0.125 / 1e6,
  cloudFrontRequest: 0.01 / 1e4,
  edgeFunction: 0.1 / 1e6,
};
const DAY_SECONDS = 24 * 60 * 60;
/** The unit in which DynamoDB bills a strongly consistent read. */
const READ_UNIT_BYTES = 4096;

interface Day {
  memoryMiB: number;
  /** Of the table, per second of the stream. */
  readUnitsPerSecond: number;
  through?: 'CloudFront';
  architecture?: 'arm64' | 'x86';
}

/** Dollars for a stream that is open all day, by clients that reconnect when it ends. */
export function pricePerDay({ memoryMiB, readUnitsPerSecond, through, architecture }: Day): number {
  const streams = DAY_SECONDS / AWS_STREAM_SECONDS;
  const perSecond = architecture === 'x86' ? PRICES.gigabyteSecondX86 : PRICES.gigabyteSecondArm;
  const edge = through === 'CloudFront' ? PRICES.cloudFrontRequest + PRICES.edgeFunction : 0;
  return (
    (memoryMiB / 1024) * DAY_SECONDS * perSecond +
    streams * (PRICES.lambdaRequest + edge) +
    DAY_SECONDS * readUnitsPerSecond * PRICES.readUnit
  );
}

/** 8 KiB that do not compress: more than the record of a pod with five containers. */
const HARD_TO_PACK = Array.from({ length: 128 }, (_, at) =>
  createHash('sha256').update(String(at)).digest('hex'),
).join('');

const sizeOf = (value: Attribute | undefined): number =>
  value instanceof Uint8Array
    ? value.length
    : typeof value === 'object' && value !== null
      ? Object.entries(value).reduce((sum, [name, part]) => sum + name.length + sizeOf(part), 0)
      : String(value).length;

/** A table that nobody writes to, and the units that its reads cost. */
function idleTable(items: Record<string, Item>): { table: Table; units: () => number } {
  let units = 0;
  const never = (): Promise<never> => Promise.reject(new Error('an idle stream does no more'));
  return {
    units: () => units,
    table: {
      get: ({ pk, sk }: ItemKey) => {
        const item = items[`${pk} ${sk}`];
        units += Math.max(1, Math.ceil(sizeOf(item ?? {}) / READ_UNIT_BYTES));
        return Promise.resolve(item);
      },
      batchGet: never,
      query: never,
      update: never,
      transact: never,
    },
  };
}

const storeOf = (table: Table, clock: VirtualClock) => {
  const { ids } = fakePorts({ clock });
  return dynamoStore({ table, clock, ids, random: () => 0.5 });
};

/** Units per second of a watch that sees nothing, and what a followed log adds to it. */
export async function idleReads(): Promise<{ watch: number; followedLog: number }> {
  const seconds = AWS_STREAM_SECONDS;
  const clock = new VirtualClock();
  const watched = idleTable({});
  const over = clock.now().getTime() + seconds * 1000;
  const watching = (async () => {
    const store = storeOf(watched.table, clock);
    for (let left = seconds * 1000; left > 0; left = over - clock.now().getTime())
      await store.changes('0' as ResourceVersion, { waitMs: Math.min(left, 60_000) });
  })();
  await clock.advance(seconds * 1000);
  await watching;

  const key = recordItem(recordKey('uid'));
  const containers = { c: { current: { run: 1 } } };
  const text = JSON.stringify({ task: {}, observed: { containers }, more: HARD_TO_PACK });
  const val = pack(text).inline ?? {};
  const followed = idleTable({ [`${key.pk} ${key.sk}`]: { ...key, val, rev: 1 } });
  const end = new AbortController();
  const store = storeOf(followed.table, clock);
  const ports = fakePorts({ clock, settings: { mode: 'aws' } });
  const following = whenOver({ ...ports, store }, 'uid', { container: 'c', run: 1 })(end.signal);
  await clock.advance(seconds * 1000);
  end.abort();
  await following;
  return { watch: watched.units() / seconds, followedLog: followed.units() / seconds };
}

/** The rows of `npm run bench`; none of them depends on the machine's speed. */
export async function benchStreamPrice(): Promise<Measure[]> {
  const { watch, followedLog } = await idleReads();
  const row = (name: string, day: Day, goal?: number): Measure => ({
    name,
    unit: '$ a day',
    value: pricePerDay(day),
    ...present({ goal }),
  });
  const small = { memoryMiB: WATCH_MEMORY_MIB, through: 'CloudFront' as const };
  return [
    row('open watch, function of its own', { ...small, readUnitsPerSecond: watch }, 0.3),
    row('followed log, function of its own', { ...small, readUnitsPerSecond: followedLog }, 0.3),
    row('open watch, in the API of 1024 MiB', { memoryMiB: 1024, readUnitsPerSecond: watch }),
    row('open watch, an API of 256 MiB', { memoryMiB: 256, readUnitsPerSecond: watch }),
  ];
}
