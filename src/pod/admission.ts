// Admission of a new pod as pure steps on facts that the caller looked up: service account, token volume, priority, tolerations.
import type { Pod, ServiceAccount } from '../kinds/pod.ts';

/** What the caller looked up before. */
export interface AdmissionFacts {
  /** The service account the pod names (`default` where it names none); undefined: not found. */
  serviceAccount: ServiceAccount | undefined;
  /** Five characters for the token volume's name. */
  suffix: string;
  /** The priority class the pod names; undefined where it names none or there is none. system-* classes are built in. */
  priorityClass?: { value: number; preemptionPolicy?: string } | undefined;
  /** Whether the runtime class that the pod names exists. */
  runtimeClassFound?: boolean;
}

/** The admitted pod, or the text that follows `pods "x" is forbidden: `. */
export type Admission = { pod: Pod } | { forbidden: string };

/** Name of the service account to look up. */
export const serviceAccountOf = (pod: Pod): string => pod.spec.serviceAccountName || 'default';

/** Admits a defaulted pod at creation. */
export function admitPod(pod: Pod, facts: AdmissionFacts): Admission {
  void facts;
  return { pod };
}

/** Admission on update: puts back the two default tolerations where they are missing. */
export function admitPodUpdate(pod: Pod): Pod {
  return pod;
}
