// What TransactWriteItems and TransactGetItems share: checking actions before any is run, and the form of a cancellation.
import type { Json } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import type { Item, Store, Table } from './dynalite.ts';
import { db, tableOf, toAwsError } from './dynalite.ts';
import { validationError } from './context.ts';

/** Actions of one transaction. */
const MAX_ACTIONS = 100;

export interface Reason {
  Code: string;
  Message?: string;
  Item?: Item;
}

/** Where an item lives in the store. */
export interface Place {
  table: Table;
  key: string;
}

/** AWS's list length check. */
export function checkLength(items: unknown): unknown[] {
  if (!Array.isArray(items) || items.length === 0) throw lengthError('greater than or equal to 1');
  if (items.length > MAX_ACTIONS) throw lengthError(`less than or equal to ${MAX_ACTIONS}`);
  return items;
}

const lengthError = (bound: string): AwsError =>
  validationError(
    `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length ${bound}`,
  );

/** The place of a key or item; a wrong key is a cancellation reason in AWS, so this throws dynalite's error for the caller to turn. */
export async function placeOf(
  store: Store,
  tableName: string,
  { key, item }: { key?: unknown; item?: unknown },
): Promise<Place> {
  const table = await tableOf(store, tableName);
  const wrong = item === undefined ? db.validateKey(key, table) : db.validateItem(item, table);
  if (wrong) throw wrong;
  return { table, key: db.createKey(item ?? key, table) };
}

/** Refuses two actions on one item. */
export function checkDistinct(places: Place[]): void {
  const seen = new Set(places.map(({ table, key }) => `${table.TableName}~${key}`));
  if (seen.size < places.length)
    throw validationError('Transaction request cannot include multiple operations on one item');
}

/** Keys to lock, by table. */
export function keysByTable(places: Place[]): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const { table, key } of places)
    keys.set(table.TableName, [...(keys.get(table.TableName) ?? []), key]);
  return keys;
}

/** The reason for an action that dynalite refused; undefined where the error is no answer of AWS. */
export function reasonOf(error: unknown): Reason | undefined {
  const translated = toAwsError(error);
  if (!(translated instanceof AwsError)) return undefined;
  return {
    Code: translated.type.replace(/Exception$/, '').replace('Validation', 'ValidationError'),
    Message: translated.message,
  };
}

/** TransactionCanceledException with one reason per action. */
export function canceled(reasons: Reason[]): AwsError {
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const listed: Json = reasons.map((reason) => ({ ...reason }));
  return new AwsError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    400,
    { CancellationReasons: listed },
  );
}
