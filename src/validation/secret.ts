// Defaults and rules of a Secret.
import type { FieldError } from '../errors.ts';
import type { Secret } from '../kinds/pod.ts';

/** The Secret with defaults filled in. */
export function defaultSecret(object: Secret): Secret {
  return object;
}

/** Problems of a Secret at creation, metadata included. */
export function validateSecret(object: Secret): FieldError[] {
  void object;
  return [];
}

/** Problems of an update, metadata included. */
export function validateSecretUpdate(next: Secret, old: Secret): FieldError[] {
  void next;
  void old;
  return [];
}
