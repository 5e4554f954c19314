// Values that a list contains more than once.

/** Indexes of the values that occur earlier in the list, compared as a Set compares them; takes time linear in the list. */
export function repeats(values: readonly unknown[]): ReadonlySet<number> {
  const seen = new Set<unknown>();
  const found = new Set<number>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) found.add(index);
    seen.add(value);
  }
  return found;
}
