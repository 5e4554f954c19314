// How long a pod's containers have to stop (docs/design/deletion.md; setTerminationGracePeriod in kuberuntime_container.go).
import { DEFAULT_GRACE_SECONDS } from '../../protocol/messages.ts';
import type { Pod } from '../../kinds/pod.ts';

/** The grace that the spec gives. */
export const specGraceSeconds = ({ spec }: Pod): number =>
  spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;

/** The grace in force on the node: the deletion's, else the spec's; at least one second. */
export const podGraceSeconds = (pod: Pod): number =>
  Math.max(pod.metadata.deletionGracePeriodSeconds ?? specGraceSeconds(pod), 1);
