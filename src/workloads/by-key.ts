// The order in which Kubernetes prints maps.

/** The map with its keys sorted, as Go prints every map: clients compare texts. */
export const byKey = <T>(map: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
