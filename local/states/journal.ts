// The journal on disk: LevelDB without fsync, so it survives a crash of the process but not necessarily a power failure.
import { Level } from 'level';
import { openDatabase, type Database, type DatabaseOptions, type Operation } from '../database.ts';
import type { Json } from './json.ts';
import type { Journal, JournalEntry } from './ports.ts';

/** Sorts after every character that a key may have after its prefix. */
const LAST = '\uffff';

/** Opens (or creates) the journal in a directory; one process at a time. */
export async function openJournal(directory: string, options?: DatabaseOptions): Promise<Journal> {
  const db = new Level<string, string>(directory);
  return new LevelJournal(db, await openDatabase(db, options));
}

const operation = ({ key, value }: JournalEntry): Operation =>
  value === null ? { type: 'del', key } : { type: 'put', key, value: JSON.stringify(value) };

const parse = (text: string): Json => JSON.parse(text);

class LevelJournal implements Journal {
  readonly #db: Level<string, string>;
  readonly #database: Database;

  constructor(db: Level<string, string>, database: Database) {
    this.#db = db;
    this.#database = database;
  }

  write(entries: readonly JournalEntry[]): Promise<void> {
    // Serialised now, because the caller changes its objects while the batch waits.
    return this.#database.write(entries.map(operation));
  }

  async read(key: string): Promise<Json | undefined> {
    const text = await this.#db.get(key);
    return text === undefined ? undefined : parse(text);
  }

  async list(prefix: string): Promise<JournalEntry[]> {
    const entries = await this.#db.iterator({ gte: prefix, lt: prefix + LAST }).all();
    return entries.map(([key, text]) => ({ key, value: parse(text) }));
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
