// Results by text, for pure functions that are given the same few texts again and again.

/** How many results of one function are kept. */
const MOST = 1_000;

/** Texts from outside may be of any length. */
const LONGEST = 64;

/** `make`, which must be pure, with its latest results kept; they are shared and must not be changed. */
export function remembered<T>(make: (text: string) => T): (text: string) => T {
  const results = new Latest<T>(MOST, LONGEST);
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const made = make(text);
    results.set(text, made);
    return made;
  };
}

/** The latest `most` results, by texts of up to `longest` characters: what was made first goes first. */
export class Latest<T> {
  readonly #most: number;
  readonly #longest: number;
  readonly #results = new Map<string, T>();

  constructor(most: number, longest: number) {
    this.#most = most;
    this.#longest = longest;
  }

  get(text: string): T | undefined {
    return this.#results.get(text);
  }

  set(text: string, result: T): void {
    if (text.length > this.#longest) return;
    const [first] = this.#results.keys();
    if (this.#results.size >= this.#most && first !== undefined) this.#results.delete(first);
    this.#results.set(text, result);
  }
}
