// The strategy of a kind without rules of its own; kinds spread it and replace what differs for them.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import { invalidValue } from '../../validation/field-errors.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { plainPrinter } from './columns.ts';
import type { Strategy, WriteStrategy } from './strategy.ts';

/** The value at a path of plain members; undefined where one of them is missing. */
export function member(object: unknown, ...path: string[]): unknown {
  let value = object;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, name)?.value;
  }
  return value;
}

/** The text at a path; '' where there is none. */
export const text = (object: unknown, ...path: string[]): string => {
  const value = member(object, ...path);
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
};

/** A kind with a generation, from 1. */
export const counted: Pick<Strategy, 'generation' | 'prepareForCreate'> = {
  generation: true,
  prepareForCreate: (object) => ({
    ...object,
    metadata: { ...object.metadata, generation: 1 },
  }),
};

/** A namespaced kind without rules, whose names are DNS subdomains. */
export const plain: Strategy = {
  fields: { own: false, fields: {} },
  printer: plainPrinter,
  defaults: (object) => object,
  prepareForCreate: (object) => object,
  validate: (object, { resource }) =>
    validateObjectMeta(object.metadata, { namespaced: resource.namespaced, name: 'subdomain' }),
  prepareForUpdate: (next) => next,
  validateUpdate: (next, old) => validateObjectMetaUpdate(next.metadata, old.metadata),
  resetFields: [],
  returnsDeleted: false,
};

/** The problem of a changed field that is immutable. */
export const immutable = (field: string, next: unknown, old: unknown): FieldError[] =>
  isDeepStrictEqual(next, old) ? [] : [invalidValue(field, next, 'field is immutable')];

/** Warnings of updates that change what is desired: all others are as silent as in Kubernetes. */
export const onNewGeneration =
  (warnings: (object: KubeObject) => string[]): NonNullable<Strategy['updateWarnings']> =>
  (next, old) =>
    next.metadata.generation === old.metadata.generation ? [] : warnings(next);

/** A kind whose main endpoint may not write the status. */
export const keepStatus = (next: KubeObject, old: KubeObject): KubeObject => {
  const { status: _status, ...rest } = next;
  return {
    ...rest,
    metadata: next.metadata,
    ...present({ status: old['status'] }),
  };
};

/** The `/status` endpoint of a kind: it takes only the status and metadata's labels, annotations and finalizers. */
export function statusOf(
  strategy: Strategy,
  validateUpdate: WriteStrategy['validateUpdate'] = () => [],
): Strategy {
  return {
    ...strategy,
    prepareForUpdate: (next, old) => ({
      ...old,
      metadata: {
        ...next.metadata,
        ...present({ ownerReferences: old.metadata.ownerReferences }),
      },
      ...present({ status: next['status'] }),
    }),
    validateUpdate: (next, old, call) => [
      ...validateObjectMetaUpdate(next.metadata, old.metadata),
      ...validateUpdate(next, old, call),
    ],
    resetFields: ['spec'],
    generation: false,
  };
}
