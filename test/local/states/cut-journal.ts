// A journal whose process dies: after a number of writes no more are stored, and no call completes.
import { MemoryJournal } from '../../fakes/memory-journal.ts';
import type { JournalEntry } from '../../../local/states/ports.ts';

export class CutJournal extends MemoryJournal {
  #left: number;
  writes = 0;

  constructor(texts: ReadonlyMap<string, string>, writesUntilDeath = Infinity) {
    super(texts);
    this.#left = writesUntilDeath;
  }

  get isDead(): boolean {
    return this.#left < 0;
  }

  override write(entries: readonly JournalEntry[]): Promise<void> {
    this.writes++;
    this.#left--;
    return this.#left < 0 ? new Promise(() => undefined) : super.write(entries);
  }
}
