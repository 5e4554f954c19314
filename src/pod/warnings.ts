// Warnings that Kubernetes sends along with a pod's creation.
import type { Pod } from '../kinds/pod.ts';

/** Texts for `Warning: 299 - "…"`, on create only, in Kubernetes' order. */
export function podWarnings(pod: Pod): string[] {
  void pod;
  return [];
}
