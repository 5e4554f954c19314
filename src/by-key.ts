// The order in which Kubernetes prints maps.

/** The map with its keys sorted, as Go prints every map: clients compare texts. The same map if they are. */
export function byKey<T>(map: Record<string, T>): Record<string, T> {
  const keys = Object.keys(map);
  if (keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') < key)) return map;
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
