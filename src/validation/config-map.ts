// Defaults and rules of a ConfigMap.
import type { FieldError } from '../errors.ts';
import type { ConfigMap } from '../kinds/pod.ts';

/** The ConfigMap with defaults filled in. */
export function defaultConfigMap(object: ConfigMap): ConfigMap {
  return object;
}

/** Problems of a ConfigMap at creation, metadata included. */
export function validateConfigMap(object: ConfigMap): FieldError[] {
  void object;
  return [];
}

/** Problems of an update, metadata included. */
export function validateConfigMapUpdate(next: ConfigMap, old: ConfigMap): FieldError[] {
  void next;
  void old;
  return [];
}
