// Values that stand in a list more than once.

/** Indexes of the values that stand further ahead as well, compared as a Set compares; in time linear in the list. */
export function repeats(values: readonly unknown[]): ReadonlySet<number> {
  const seen = new Set<unknown>();
  const found = new Set<number>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) found.add(index);
    seen.add(value);
  }
  return found;
}
