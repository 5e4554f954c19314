// Maps as Kubernetes writes them.

/** The map in the order of its keys, in which Go prints every map: clients compare texts. */
export const byKey = <T>(map: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
