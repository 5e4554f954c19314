// A journal in memory, for headless runs and tests. Values are kept as text, so that no object is shared with it.
import type { Json } from '../../local/states/json.ts';
import type { Journal, JournalEntry } from '../../local/states/ports.ts';

/** A journal that lives as long as its object. */
export class MemoryJournal implements Journal {
  readonly #texts: Map<string, string>;

  /** `texts`: the content of a journal that was cut off (see `texts`). */
  constructor(texts: ReadonlyMap<string, string> = new Map()) {
    this.#texts = new Map(texts);
  }

  /** Everything written so far. */
  get texts(): ReadonlyMap<string, string> {
    return this.#texts;
  }

  write(entries: readonly JournalEntry[]): Promise<void> {
    for (const { key, value } of entries) {
      if (value === null) this.#texts.delete(key);
      else this.#texts.set(key, JSON.stringify(value));
    }
    return Promise.resolve();
  }

  read(key: string): Promise<Json | undefined> {
    const text = this.#texts.get(key);
    return Promise.resolve(text === undefined ? undefined : parse(text));
  }

  list(prefix: string): Promise<JournalEntry[]> {
    const keys = [...this.#texts.keys()].filter((key) => key.startsWith(prefix)).sort();
    return Promise.resolve(
      keys.map((key) => ({ key, value: parse(this.#texts.get(key) ?? 'null') })),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const parse = (text: string): Json => JSON.parse(text);
