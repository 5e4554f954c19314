// What a pass over a StatefulSet works on, and when one of its pods counts as up.
import type { KubeObject } from '../../kinds/pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { StatefulSet } from '../../workloads/stateful-set.ts';
import type { Owner } from '../claim.ts';
import { isAvailable } from '../pod-states.ts';

export interface Members {
  set: StatefulSet;
  owner: Owner;
  /** Its pods. */
  pods: readonly KubeObject[];
  /** The revision before the update, and that of the current template. */
  current: KubeObject;
  update: KubeObject;
  now: Date;
}

export const isGoing = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined;

/** Running and ready for long enough; this may also hold for a pod that is being deleted. */
export const isUp = ({ set, now }: Members, pod: KubeObject): boolean =>
  toPod(pod).status.phase === 'Running' && isAvailable(pod, set.spec.minReadySeconds ?? 0, now);

export const isHealthy = (members: Members, pod: KubeObject): boolean =>
  isUp(members, pod) && !isGoing(pod);
