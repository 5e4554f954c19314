// What is asked of a pod's spec once per mount, volume or variable is made once per spec: a spec is not changed in place after it was decoded.
import type { Pod } from '../../kinds/pod.ts';

/** `make`, which reads nothing but the spec, remembered as long as the spec lives. */
export function oncePerSpec<T>(make: (pod: Pod) => T): (pod: Pod) => T {
  const made = new WeakMap<object, { value: T }>();
  return (pod) => {
    const known = made.get(pod.spec) ?? { value: make(pod) };
    made.set(pod.spec, known);
    return known.value;
  };
}
