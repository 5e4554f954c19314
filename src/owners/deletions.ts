// Deletions that wait for dependents: one record each, written in the commit that starts the deletion, so that none is lost.
import type { KubeObject } from '../kinds/pod.ts';
import type { ObjectKey, RecordWrite } from '../ports/store.ts';
import { isOrphaning, isWaiting } from './finalizers.ts';

export const DELETIONS = 'deletion/';

const waits = (object: KubeObject): boolean => isWaiting(object) || isOrphaning(object);

const recordKey = ({ metadata }: KubeObject): string => DELETIONS + (metadata.uid ?? '');

/** The write that records such a deletion, if this change of `object` starts one. */
export const deletionWrites = (
  { resource, namespace, name }: ObjectKey,
  object: KubeObject,
): RecordWrite[] =>
  waits(object)
    ? [{ key: recordKey(object), value: { resource, namespace, name }, expected: 'any' }]
    : [];

/** The write that deletes the record when `old` is removed. */
export const deletionEndWrites = (old: KubeObject): RecordWrite[] =>
  waits(old) ? [{ key: recordKey(old), value: null, expected: 'any' }] : [];
