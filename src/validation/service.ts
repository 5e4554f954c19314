// Defaults and rules of a Service.
import type { FieldError } from '../errors.ts';
import type { Service } from '../kinds/pod.ts';

/** The Service with defaults filled in. */
export function defaultService(object: Service): Service {
  return object;
}

/** Problems of a Service at creation, metadata included. */
export function validateService(object: Service): FieldError[] {
  void object;
  return [];
}

/** Problems of an update, metadata included. */
export function validateServiceUpdate(next: Service, old: Service): FieldError[] {
  void next;
  void old;
  return [];
}
