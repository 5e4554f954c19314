// Values that are asked for once per mount, volume or variable are computed once per spec: a decoded spec is never changed in place.
import type { Pod } from '../../kinds/pod.ts';

/** `make` with its result cached for the life of each spec; it may read nothing but the spec. */
export function oncePerSpec<T>(make: (pod: Pod) => T): (pod: Pod) => T {
  const made = new WeakMap<object, { value: T }>();
  return (pod) => {
    const known = made.get(pod.spec) ?? { value: make(pod) };
    made.set(pod.spec, known);
    return known.value;
  };
}
