// The journal on disk: LevelDB without fsync, so it outlives the process but not necessarily the power.
import { Level } from 'level';
import type { Json } from './json.ts';
import type { Journal, JournalEntry } from './ports.ts';

/** Follows every character that a key may have after its prefix. */
const LAST = '\uffff';

/** Opens (and makes) the journal in a directory; one process at a time. */
export async function openJournal(directory: string): Promise<Journal> {
  const db = new Level<string, string>(directory);
  await db.open();
  return new LevelJournal(db);
}

type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };

const operation = ({ key, value }: JournalEntry): Operation =>
  value === null ? { type: 'del', key } : { type: 'put', key, value: JSON.stringify(value) };

const parse = (text: string): Json => JSON.parse(text);

class LevelJournal implements Journal {
  readonly #db: Level<string, string>;
  /** What waits for the batch in flight to land: it goes as one batch after it, in order. */
  #waiting: { group: Operation[]; landed: Promise<void> } | undefined;
  #inFlight: Promise<void> = Promise.resolve();

  constructor(db: Level<string, string>) {
    this.#db = db;
  }

  write(entries: readonly JournalEntry[]): Promise<void> {
    // Made text now: the caller changes its objects while the batch waits.
    const operations = entries.map(operation);
    if (this.#waiting !== undefined) {
      this.#waiting.group.push(...operations);
      return this.#waiting.landed;
    }
    const group = operations;
    const landed = this.#inFlight.then(() => {
      this.#waiting = undefined;
      return this.#db.batch(group);
    });
    this.#waiting = { group, landed };
    // A failed batch is its writers' error, not the next group's.
    this.#inFlight = landed.catch(() => undefined);
    return landed;
  }

  async read(key: string): Promise<Json | undefined> {
    const text = await this.#db.get(key);
    return text === undefined ? undefined : parse(text);
  }

  async list(prefix: string): Promise<JournalEntry[]> {
    const entries = await this.#db.iterator({ gte: prefix, lt: prefix + LAST }).all();
    return entries.map(([key, text]) => ({ key, value: parse(text) }));
  }

  async close(): Promise<void> {
    await this.#inFlight;
    await this.#db.close();
  }
}
