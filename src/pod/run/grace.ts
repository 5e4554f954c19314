// How long a pod's containers get to stop (docs/design/deletion.md; setTerminationGracePeriod in kuberuntime_container.go).
import { DEFAULT_GRACE_SECONDS } from '../../protocol/messages.ts';
import type { Pod } from '../../kinds/pod.ts';

/** The grace that the spec asks for. */
export const specGraceSeconds = ({ spec }: Pod): number =>
  spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;

/** The grace in force on the node: a deletion's, else the spec's; never below one second. */
export const podGraceSeconds = (pod: Pod): number =>
  Math.max(pod.metadata.deletionGracePeriodSeconds ?? specGraceSeconds(pod), 1);
