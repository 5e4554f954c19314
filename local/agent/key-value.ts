// The engine's small key-value store: several changes in one write. Values are JSON; each room owns the prefixes of its keys.
import type { Level } from 'level';
import type { Database } from '../database.ts';

export interface KeyValue {
  /** All entries whose key starts with `prefix`, sorted by key. */
  list(prefix: string): Promise<[key: string, value: string][]>;
  /** All or nothing; null deletes. */
  write(changes: Record<string, string | null>): Promise<void>;
}

/** On disk, in a level database that the caller opened; `space` separates it from the database's other users. */
export function levelKeyValue(
  level: Level,
  database: Pick<Database, 'write'>,
  space = 'ecs!',
): KeyValue {
  return {
    async list(prefix) {
      const entries = await level
        .iterator({ gte: space + prefix, lt: `${space}${prefix}\uffff` })
        .all();
      return entries.map(([key, value]) => [key.slice(space.length), value]);
    },
    async write(changes) {
      await database.write(
        Object.entries(changes).map(([key, value]) =>
          value === null
            ? { type: 'del', key: space + key }
            : { type: 'put', key: space + key, value },
        ),
      );
    },
  };
}
