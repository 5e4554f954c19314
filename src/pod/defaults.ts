// Defaults of a pod as Kubernetes 1.35 fills them in while decoding; before admission and validation.
import type { Pod } from '../kinds/pod.ts';

/** The pod with every default filled in and quantities canonical; the argument is not changed. May be called twice. */
export function defaultPod(pod: Pod): Pod {
  return structuredClone(pod);
}
