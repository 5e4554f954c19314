// The store's table on the DynamoDB in this process: operations go to it directly, without the SDK's client and its JSON,
// which take as long as the rest of a write.
import { setOwn } from '../../src/own.ts';
import type { Attribute, Table } from '../../src/store/table.ts';
import type { Carrier, WireItem, WireValue } from '../../src/store/wire-table.ts';
import { wireTable } from '../../src/store/wire-table.ts';
import type { Dynamo } from '../aws/dynamodb/create-dynamo.ts';
import { AwsError } from '../aws/protocol.ts';

/** `retrying` is the same table through the SDK: errors other than DynamoDB's own refusals are retried there, as the SDK does. */
export function inProcessTable(dynamo: Pick<Dynamo, 'call'>, name: string, retrying: Table): Table {
  const direct = wireTable(carrierTo(dynamo), name);
  const orRetried = <T>(attempt: Promise<T>, again: () => Promise<T>): Promise<T> =>
    attempt.catch((error: unknown) => {
      if (error instanceof Refused) throw error;
      return again();
    });
  return {
    get: (key) => orRetried(direct.get(key), () => retrying.get(key)),
    batchGet: (keys) => orRetried(direct.batchGet(keys), () => retrying.batchGet(keys)),
    query: (query) => orRetried(direct.query(query), () => retrying.query(query)),
    transact: (writes) => orRetried(direct.transact(writes), () => retrying.transact(writes)),
    update: (key, expression, values) =>
      orRetried(direct.update(key, expression, values), () =>
        retrying.update(key, expression, values),
      ),
  };
}

/** A refusal by DynamoDB, under the SDK's name for it. */
class Refused extends Error {
  readonly CancellationReasons: unknown;
  constructor(error: AwsError) {
    super(error.message, { cause: error });
    this.name = error.type;
    this.CancellationReasons = error.members['CancellationReasons'];
  }
}

const carrierTo = (dynamo: Pick<Dynamo, 'call'>): Carrier => ({
  call: (operation, input) =>
    dynamo.call(operation, input).catch((error: unknown) => {
      throw error instanceof AwsError ? new Refused(error) : error;
    }) as Promise<never>,
  toWire: wireMembers,
  fromWire: plainMembers,
});

function wireMembers(values: { [name: string]: Attribute | undefined }): WireItem {
  const wire: WireItem = {};
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) setOwn(wire, name, toWire(value));
  return wire;
}

function toWire(value: Attribute): WireValue {
  if (value === null) return { NULL: true };
  if (value instanceof Uint8Array) return { B: base64Of(value) };
  if (Array.isArray(value)) return { L: value.map(toWire) };
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'number':
      return { N: String(value) };
    case 'boolean':
      return { BOOL: value };
    default:
      return { M: wireMembers(value) };
  }
}

const base64Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

function plainMembers(item: WireItem): { [name: string]: Attribute | undefined } {
  const plain: { [name: string]: Attribute | undefined } = {};
  for (const [name, value] of Object.entries(item)) setOwn(plain, name, toPlain(value));
  return plain;
}

/** The types that `toWire` writes: nothing else writes this table. */
function toPlain(value: WireValue): Attribute {
  const { S, N, BOOL, B, L, M } = value;
  if (S !== undefined) return String(S);
  if (N !== undefined) return Number(N);
  if (BOOL !== undefined) return BOOL === true;
  if (B !== undefined) return Buffer.from(String(B), 'base64');
  if (L !== undefined) return (L as WireValue[]).map(toPlain);
  return M === undefined ? null : plainMembers(M as WireItem);
}
