// Warnings for pod affinity that asks for another pod's host: each Fargate task has a host of its own.
import type { Pod } from '../kinds/pod.ts';
import { HOSTNAME } from '../pod/placement/surroundings.ts';
import { hostTerms } from '../pod/placement/affinity-terms.ts';

/** Warnings for required terms that no other pod's placement can satisfy. */
export const hostWarnings = (pod: Pod): string[] =>
  hostTerms(pod).map(
    (index) =>
      `spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[${index}].topologyKey: ${HOSTNAME} cannot be met by another pod's host, since a Fargate task is never shared by two pods: the pod stays Pending while another pod matches`,
  );
