// Results by text, for pure functions that are given the same few texts again and again.

/** How many results of one function are kept. */
const MOST = 1_000;

/** Texts from outside may be of any length. */
const LONGEST = 64;

/** `make`, which must be pure, with its latest results kept; they are shared and must not be changed. */
export function remembered<T>(make: (text: string) => T): (text: string) => T {
  const results = new Map<string, T>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const made = make(text);
    if (text.length > LONGEST) return made;
    if (results.size >= MOST) results.clear();
    results.set(text, made);
    return made;
  };
}
