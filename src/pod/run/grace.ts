// How long a pod's containers get to stop (docs/design/deletion.md; setTerminationGracePeriod in kuberuntime_container.go).
import type { Pod } from '../../kinds/pod.ts';

/** Kubernetes' default of terminationGracePeriodSeconds. */
const DEFAULT_GRACE_SECONDS = 30;

/** The grace in force on the node: a deletion's, else the spec's; never below one second. */
export function podGraceSeconds({ metadata, spec }: Pod): number {
  return Math.max(
    metadata.deletionGracePeriodSeconds ??
      spec.terminationGracePeriodSeconds ??
      DEFAULT_GRACE_SECONDS,
    1,
  );
}
