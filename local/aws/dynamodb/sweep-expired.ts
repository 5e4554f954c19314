// Deletes items whose TTL attribute has passed; AWS does so within days, the local engine within a sweep.
import { own } from '../../../src/own.ts';
import type { DynamoContext } from './context.ts';
import type { Item, Store } from './dynalite.ts';
import { act, checkInput, db, tableOf } from './dynalite.ts';
import { storedItem } from './overlay.ts';
import { ttlTables } from './time-to-live.ts';

/** One pass over all tables with TTL; returns how many items it deleted. */
export async function sweepExpired({
  store,
  clock,
}: Pick<DynamoContext, 'store' | 'clock'>): Promise<number> {
  const nowSeconds = Math.floor(clock.now().getTime() / 1000);
  let deleted = 0;
  for (const [table, attribute] of await ttlTables(store)) {
    for await (const [, value] of store.db.iterator({
      gt: `item-${table}~`,
      lt: `item-${table}~\xff`,
    })) {
      if (expiry(value as Item, attribute) < nowSeconds)
        deleted += await deleteExpired(store, table, attribute, value as Item, nowSeconds);
    }
  }
  return deleted;
}

function expiry(item: Item | undefined, attribute: string): number {
  const value = own(item, attribute);
  return typeof value === 'object' && value !== null && 'N' in value ? Number(value.N) : Infinity;
}

async function deleteExpired(
  store: Store,
  name: string,
  attribute: string,
  item: Item,
  nowSeconds: number,
): Promise<number> {
  const table = await tableOf(store, name);
  // Written again since the iterator's snapshot: the condition keeps the newer item.
  const key = Object.fromEntries(
    table.KeySchema.map(({ AttributeName }) => [AttributeName, own(item, AttributeName)]),
  );
  const now = await storedItem(store, name, db.createKey(key, table));
  if (expiry(now, attribute) >= nowSeconds) return 0;
  const condition = {
    ConditionExpression: '#ttl < :now',
    ExpressionAttributeNames: { '#ttl': attribute },
    ExpressionAttributeValues: { ':now': { N: String(nowSeconds) } },
  };
  await act(
    'DeleteItem',
    store,
    checkInput('DeleteItem', { TableName: name, Key: key, ...condition }, store),
    // Rewritten since it was read; after any other failure the next sweep tries again.
  ).catch(() => undefined);
  return 1;
}
