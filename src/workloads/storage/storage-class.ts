// Defaults and rules of a StorageClass, and the default class.
import { isDeepStrictEqual } from 'node:util';
import type { StorageClass as Class } from 'kubernetes-types/storage/v1';
import type { FieldError } from '../../errors.ts';
import { own } from '../../own.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  oneOf,
  required,
} from '../../validation/field-errors.ts';
import { qualifiedNameProblems } from '../../validation/names.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';

export type StorageClass = Class;

/** The provisioner of local mode's own class, and the driver of its volumes. */
export const ENGINE_PROVISIONER = 'engine.droppod';

const DEFAULT_MARKS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export const isDefaultClass = ({ metadata }: StorageClass): boolean =>
  DEFAULT_MARKS.some((mark) => own(metadata?.annotations, mark) === 'true');

/** The class of claims without one: the newest default, then the first by name; undefined: there is none. */
export const defaultClass = (classes: readonly StorageClass[]): StorageClass | undefined =>
  [...classes]
    .filter(isDefaultClass)
    .sort((a, b) => {
      const [left, right] = [a, b].map(({ metadata }) => String(metadata?.creationTimestamp ?? ''));
      if (left !== right) return (left ?? '') > (right ?? '') ? -1 : 1;
      return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1;
    })
    .at(0);

/** The class with its defaults. */
export const defaultStorageClass = (storageClass: StorageClass): StorageClass => ({
  ...storageClass,
  reclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
  volumeBindingMode: storageClass.volumeBindingMode ?? 'Immediate',
});

/** Problems of a class, metadata included. */
export function validateStorageClass(storageClass: StorageClass): FieldError[] {
  const { metadata, provisioner, parameters = {}, reclaimPolicy, volumeBindingMode } = storageClass;
  return [
    ...validateObjectMeta(metadata ?? {}, { namespaced: false, name: 'subdomain' }),
    ...(provisioner
      ? invalidEach('provisioner', provisioner, qualifiedNameProblems(provisioner.toLowerCase()))
      : [required('provisioner')]),
    ...Object.keys(parameters).flatMap((key) =>
      key === '' ? [invalidValue('parameters', key, 'field can not be empty.')] : [],
    ),
    ...oneOf('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']),
    ...oneOf('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']),
  ];
}

/** Problems of an update: what volumes were created with is immutable. */
export function validateStorageClassUpdate(next: StorageClass, old: StorageClass): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata ?? {}, old.metadata ?? {});
  for (const member of ['parameters', 'provisioner', 'reclaimPolicy'] as const)
    if (!isDeepStrictEqual(next[member], old[member]))
      errors.push(forbiddenValue(member, `updates to ${member} are forbidden.`));
  if (next.volumeBindingMode !== old.volumeBindingMode)
    errors.push(
      invalidValue('volumeBindingMode', next.volumeBindingMode ?? null, 'field is immutable'),
    );
  return errors;
}
