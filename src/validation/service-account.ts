// Defaults and rules of a ServiceAccount.
import type { FieldError } from '../errors.ts';
import type { ServiceAccount } from '../kinds/pod.ts';

/** The ServiceAccount with defaults filled in. */
export function defaultServiceAccount(object: ServiceAccount): ServiceAccount {
  return object;
}

/** Problems of a ServiceAccount at creation, metadata included. */
export function validateServiceAccount(object: ServiceAccount): FieldError[] {
  void object;
  return [];
}

/** Problems of an update, metadata included. */
export function validateServiceAccountUpdate(next: ServiceAccount, old: ServiceAccount): FieldError[] {
  void next;
  void old;
  return [];
}
