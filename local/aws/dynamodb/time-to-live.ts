// A table's TTL attribute: kept beside dynalite's tables, so that it survives a restart.
import { AwsError } from '../protocol.ts';
import type { Members } from './context.ts';
import { validationError } from './context.ts';
import type { Store } from './dynalite.ts';
import { tableOf, toAwsError } from './dynalite.ts';

/** Prefix of the settings' keys; no part of dynalite uses it. */
const PREFIX = 'ttl~';

/** The table's TTL attribute; undefined: disabled. */
export async function ttlAttribute(store: Store, table: string): Promise<string | undefined> {
  const stored = await store.db.get(PREFIX + table);
  return typeof stored === 'string' && stored !== '' ? stored : undefined;
}

/** All tables with TTL and their attribute. */
export async function ttlTables(store: Store): Promise<[table: string, attribute: string][]> {
  const tables: [string, string][] = [];
  for await (const [key, value] of store.db.iterator({ gt: PREFIX, lt: `${PREFIX}\xff` })) {
    if (typeof value === 'string' && value !== '') tables.push([key.slice(PREFIX.length), value]);
  }
  return tables;
}

/** Stores the attribute; undefined disables. */
export const setTtlAttribute = (
  store: Store,
  table: string,
  attribute: string | undefined,
): Promise<void> => store.db.put(PREFIX + table, attribute ?? '');

/** The table an input names; ResourceNotFoundException where there is none. */
export async function namedTable(store: Store, { TableName: name }: Members): Promise<string> {
  if (typeof name !== 'string')
    throw validationError(
      "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null",
    );
  try {
    await tableOf(store, name);
  } catch (error) {
    throw error instanceof AwsError ? error : toAwsError(error);
  }
  return name;
}
