// How controllers write a status: only when it changed, zeros left out, conditions by type.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../kinds/pod.ts';
import { wholeSeconds } from '../kinds/time.ts';
import type { Condition } from '../workloads/replica-set.ts';
import type { Write } from './controller.ts';

/** The write of a status; none if it equals what is stored. */
export const writeStatus = (resource: string, object: KubeObject, status: object): Write[] =>
  isDeepStrictEqual(object['status'] ?? {}, status)
    ? []
    : [{ verb: 'updateStatus', resource, object: { ...object, status } }];

/** The number, or undefined for zero: Go leaves such members out. */
export const orAbsent = (count: number): number | undefined => (count === 0 ? undefined : count);

/** A condition that starts now. */
export const newCondition = (
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  now: Date,
): Condition => ({ type, status, lastTransitionTime: wholeSeconds(now), reason, message });

/** The condition of a type. */
export const conditionOf = (
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined => conditions?.find((condition) => condition.type === type);

/** The conditions without those of a type. */
export const withoutCondition = (
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition[] => (conditions ?? []).filter((condition) => condition.type !== type);

/** The conditions with this one at the end; with equal status and reason it stays as it is, with equal status it keeps its time. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: Condition,
): Condition[] {
  const before = conditionOf(conditions, condition.type);
  if (before?.status === condition.status && before.reason === condition.reason)
    return [...(conditions ?? [])];
  const kept =
    before?.status === condition.status && before.lastTransitionTime !== undefined
      ? { ...condition, lastTransitionTime: before.lastTransitionTime }
      : condition;
  return [...withoutCondition(conditions, condition.type), kept];
}
