// The only way to write: an object with its log entry under a fresh number, and records, all in one transaction.
// See docs/design/store.md.
import { StoreConflict, Unavailable } from '../errors.ts';
import { own } from '../own.ts';
import { present } from '../present.ts';
import type { KubeObject } from '../kinds/pod.ts';
import type { Clock } from '../ports/clock.ts';
import type { ResourceVersion } from '../ports/identity.ts';
import type { Ids } from '../ports/ids.ts';
import type { LogEntry, ObjectWrite, RecordWrite } from '../ports/store.ts';
import type { Body, Packed } from './body.ts';
import { bodyUnder, expireParts, pack, seal, toText } from './body.ts';
import { MARKER_MS } from './counter.ts';
import type { Head } from './head.ts';
import { readHead } from './head.ts';
import { isSealed, objectItem, recordItem } from './layout.ts';
import { checkObjectSize, toVersion } from './limits.ts';
import type { Line } from './log.ts';
import { lineWrite } from './log.ts';
import type { Numbers } from './numbers.ts';
import { written } from './parsed.ts';
import { recordWrite } from './records.ts';
import type { Condition, Table, TableWrite, WriteReason } from './table.ts';
import type { Tail } from './tail.ts';

export interface Writer {
  table: Table;
  tail: Tail;
  numbers: Numbers;
  clock: Clock;
  ids: Pick<Ids, 'uuid'>;
  /** 0 … 1, for the jitter of back-offs. */
  random(): number;
  /** Seconds, by resource. */
  lifetimes: { readonly [resource: string]: number };
  /** Which changes wake somebody at once; absent: none. */
  wakes?(type: LogEntry['type'], resource: string, object: KubeObject | undefined): boolean;
}

/** How many numbers one write may take before it fails. */
const NUMBERS = 8;

/** Retries under one number while DynamoDB answers TransactionConflict. */
const REPEATS = 6;

const BACK_OFF_MS = 10;

/** Commits an object and records; see the port. */
export async function commit(
  writer: Writer,
  write: { object?: ObjectWrite; records?: RecordWrite[] },
): Promise<{ version: ResourceVersion | undefined }> {
  const records = write.records ?? [];
  if (!write.object) return commitRecords(writer, records);
  const plan = {
    object: write.object,
    records,
    packed: packed(write.object),
    writeId: writer.ids.uuid(),
  };
  for (let taken = 0; taken < NUMBERS; taken++) {
    const head = await readHead(writer.table, plan.object.key, writer.clock);
    checkExpected(head, plan.object);
    const counter = await writer.numbers.take();
    const line = await writeUnder(writer, plan, head, counter.number);
    if (line === undefined) continue;
    keepWritten(plan, line);
    writer.tail.announce(line);
    // The write is done whatever becomes of the mark; the next write moves the mark again.
    writer.tail.keepMark(counter).catch(() => undefined);
    return { version: toVersion(line.number) };
  }
  throw new Unavailable(`no number could be used for ${plan.object.key.resource}`);
}

interface Plan {
  object: ObjectWrite;
  records: RecordWrite[];
  /** The body to store, or to show as the last state; undefined: the stored body is the last state. */
  packed: Packed | undefined;
  writeId: string;
}

function packed({ object, lastState }: ObjectWrite): Packed | undefined {
  const shown = object ?? lastState;
  if (!shown) return undefined;
  const text = toText(shown);
  checkObjectSize(text);
  return pack(text);
}

/** The log and the object's readers get the object as it was given, instead of parsing what it was stored as. */
function keepWritten({ object: { object }, packed }: Plan, { number, entry }: Line): void {
  if (object && packed && entry) written(entry.body, packed.text, number, object);
}

function checkExpected(head: Head | undefined, { key, expected, object }: ObjectWrite): void {
  const stored = head?.body === undefined ? 'absent' : String(head.number);
  if (stored !== expected || (stored === 'absent' && object === null)) {
    throw new StoreConflict(
      `${key.resource} ${key.namespace}/${key.name} is at ${stored}, expected ${expected}`,
    );
  }
}

/** Writes under one number: returns the written line, or undefined where another number must be tried. */
async function writeUnder(
  writer: Writer,
  plan: Plan,
  head: Head | undefined,
  number: number,
): Promise<Line | undefined> {
  const { line, writes } = transactionOf(writer, plan, head, number);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const outcome = await attempt(writer, writes);
    if (outcome === 'written') return line;
    if (outcome instanceof Error || outcome.includes('ConditionalCheckFailed'))
      return settleOwn(writer, plan, line, outcome);
    await backOff(writer, repeat);
  }
  return settleOwn(
    writer,
    plan,
    line,
    new Unavailable('DynamoDB reports conflicting transactions'),
  );
}

const attempt = (
  writer: Writer,
  writes: TableWrite[],
): Promise<'written' | WriteReason[] | Error> =>
  writer.table
    .transact(writes)
    .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));

const backOff = ({ clock, random }: Writer, repeat: number): Promise<void> =>
  clock.sleep(BACK_OFF_MS * 2 ** repeat * (0.5 + random()));

/** Finds out what became of a number whose write did not plainly succeed: burying the number makes the result final. */
async function settleOwn(
  writer: Writer,
  { object, writeId }: Plan,
  line: Line,
  outcome: WriteReason[] | Error,
): Promise<Line | undefined> {
  const there = await writer.tail.bury(line.number);
  // The answer was lost, but not the write.
  if (there?.writeId === writeId) return line;
  if (outcome instanceof Error)
    throw new Unavailable('the store did not answer', { cause: outcome });
  const [, , ...records] = outcome;
  if (records.includes('ConditionalCheckFailed'))
    throw new StoreConflict(
      `a record beside ${object.key.resource} ${object.key.name} has changed`,
    );
  return undefined;
}

function transactionOf(
  { tail, lifetimes, clock, wakes: wakesOf }: Writer,
  { object, records, packed, writeId }: Plan,
  head: Head | undefined,
  number: number,
): { line: Line; writes: TableWrite[] } {
  const { key, expected } = object;
  const { body, writes: parts } = shownBody(packed, head, number, isSealed(key.resource));
  const expires = tail.expires();
  const type = object.object === null ? 'DELETED' : expected === 'absent' ? 'ADDED' : 'MODIFIED';
  const before = head?.body && { previous: head.body, previousNumber: head.number };
  const shown = object.object ?? object.lastState;
  const wakes = wakesOf?.(type, key.resource, shown) ?? false;
  const line: Line = { number, writeId, entry: { type, key, body, ...before, wakes } };
  const seconds = own(lifetimes, key.resource);
  const lifetime = present({
    expires: seconds === undefined ? undefined : tail.expires(seconds * 1000),
  });
  const item = {
    ...objectItem(key),
    ver: number,
    ...(object.object === null ? { expires: tail.expires(MARKER_MS) } : { body, ...lifetime }),
  };
  const entry = isSealed(key.resource) ? sealedEntry(line, expires) : { line, writes: [] };
  return {
    line,
    writes: [
      lineWrite(entry.line, expires),
      { put: item, condition: headCondition(expected, number, clock.now()) },
      ...records.map((record) => recordWrite(record, writeId)),
      ...(object.object === null ? parts.map((write) => expiring(write, expires)) : parts),
      ...expireParts(head?.body, expires),
      ...entry.writes,
    ],
  };
}

/** The line as it is stored, which refers to its bodies, and the writes of these. */
function sealedEntry(line: Line, expires: number): { line: Line; writes: TableWrite[] } {
  const { number, entry } = line;
  if (entry === undefined) return { line, writes: [] };
  const body = seal(entry.body, number, 'body', expires);
  const previous = entry.previous && seal(entry.previous, number, 'previous', expires);
  return {
    line: {
      ...line,
      entry: { ...entry, body: body.body, ...present({ previous: previous?.body }) },
    },
    writes: [body.write, ...(previous ? [previous.write] : [])],
  };
}

function shownBody(
  packed: Packed | undefined,
  head: Head | undefined,
  number: number,
  sealed: boolean,
): { body: Body; writes: TableWrite[] } {
  if (packed) return bodyUnder(packed, number, sealed);
  return { body: head?.body ?? { json: '{"metadata":{}}' }, writes: [] };
}

const expiring = (write: TableWrite, expires: number): TableWrite =>
  'put' in write ? { put: { ...write.put, expires } } : write;

/** A number above all numbers that the item had, deletion markers included, so that no late writer overtakes. */
function headCondition(expected: ObjectWrite['expected'], number: number, now: Date): Condition {
  if (expected === 'absent') {
    const expression =
      'attribute_not_exists(pk) OR (attribute_not_exists(body) AND ver < :number) OR (expires <= :now AND ver < :number)';
    return { expression, values: { ':number': number, ':now': Math.floor(now.getTime() / 1000) } };
  }
  return {
    expression: 'attribute_exists(body) AND ver = :expected AND ver < :number',
    values: { ':expected': Number(expected), ':number': number },
  };
}

async function commitRecords(
  writer: Writer,
  records: RecordWrite[],
): Promise<{ version: undefined }> {
  const [first] = records;
  if (first === undefined) return { version: undefined };
  const writeId = writer.ids.uuid();
  const writes = records.map((record) => recordWrite(record, writeId));
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const outcome = await attempt(writer, writes);
    if (outcome === 'written') return { version: undefined };
    const refused = !(outcome instanceof Error) && outcome.includes('ConditionalCheckFailed');
    // A repeated call meets its own first write if only the answer was lost.
    if (refused && (await isOwn(writer.table, records, writeId))) return { version: undefined };
    if (refused) throw new StoreConflict(`record ${first.key} has changed`);
    if (outcome instanceof Error)
      throw new Unavailable('the store did not answer', { cause: outcome });
    await backOff(writer, repeat);
  }
  throw new Unavailable('DynamoDB reports conflicting transactions');
}

async function isOwn(table: Table, records: RecordWrite[], writeId: string): Promise<boolean> {
  const written = records.find(({ value }) => value !== null);
  return written !== undefined && (await table.get(recordItem(written.key)))?.wid === writeId;
}
