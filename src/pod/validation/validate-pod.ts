// Validation of a defaulted pod (422), in the order of Kubernetes' own.
import type { FieldError } from '../../errors.ts';
import type { Pod } from '../../kinds/pod.ts';

/** All problems of a pod at creation. */
export function validatePod(pod: Pod): FieldError[] {
  void pod;
  return [];
}

/** Problems of an update of the main resource. Both defaulted. */
export function validatePodUpdate(next: Pod, old: Pod): FieldError[] {
  void next;
  void old;
  return [];
}

/** Problems of an update through `/status`. */
export function validatePodStatusUpdate(next: Pod, old: Pod): FieldError[] {
  void next;
  void old;
  return [];
}

/** Problems of an update through `/ephemeralcontainers`. */
export function validateEphemeralContainersUpdate(next: Pod, old: Pod): FieldError[] {
  void next;
  void old;
  return [];
}

