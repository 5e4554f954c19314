// Rules of metadata, the same for every kind.
import type { FieldError } from '../errors.ts';
import type { ObjectMeta } from '../kinds/pod.ts';

/** How a kind's names must look. */
export type NameRule = 'subdomain' | 'label' | 'label1035' | 'path';

/** Problems of `metadata` at creation (and of the parts that any write may change). */
export function validateObjectMeta(meta: ObjectMeta, rules: { namespaced: boolean; name: NameRule }): FieldError[] {
  void meta;
  void rules;
  return [];
}

/** Problems of `metadata` at update: immutable fields, finalizers of a deleting object. */
export function validateObjectMetaUpdate(next: ObjectMeta, old: ObjectMeta): FieldError[] {
  void next;
  void old;
  return [];
}
