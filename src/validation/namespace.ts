// Defaults and rules of a Namespace.
import type { FieldError } from '../errors.ts';
import type { Namespace } from '../kinds/pod.ts';

/** The Namespace with defaults filled in. */
export function defaultNamespace(object: Namespace): Namespace {
  return object;
}

/** Problems of a Namespace at creation, metadata included. */
export function validateNamespace(object: Namespace): FieldError[] {
  void object;
  return [];
}

/** Problems of an update, metadata included. */
export function validateNamespaceUpdate(next: Namespace, old: Namespace): FieldError[] {
  void next;
  void old;
  return [];
}
