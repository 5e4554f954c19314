// PodDisruptionBudgets: type and rules, and their decision on an eviction (pkg/apis/policy, pkg/registry/core/pod/storage/eviction.go).
import { ApiError, forbidden } from '../errors.ts';
import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { wholeSeconds } from '../kinds/time.ts';
import { isMap } from '../own.ts';
import type { LabelSelector } from '../pod/placement/selection.ts';
import { validateSelector } from '../pod/validation/affinity.ts';
import { present } from '../present.ts';
import { invalidValue, notNegative, notSupported } from '../validation/field-errors.ts';
import type { IntOrPercent } from './int-or-percent.ts';
import { atMostWhole, validateIntOrPercent } from './int-or-percent.ts';

export interface DisruptionBudget extends KubeObject {
  spec: {
    minAvailable?: IntOrPercent;
    maxUnavailable?: IntOrPercent;
    selector?: LabelSelector;
    unhealthyPodEvictionPolicy?: string;
  };
  status: BudgetStatus;
}

export interface BudgetCondition {
  type: string;
  status: string;
  observedGeneration?: number;
  lastTransitionTime: string;
  reason: string;
  message: string;
}

export interface BudgetStatus {
  currentHealthy: number;
  desiredHealthy: number;
  disruptionsAllowed: number;
  expectedPods: number;
  observedGeneration?: number;
  /** Pods whose eviction has begun, with its time. */
  disruptedPods?: Record<string, string>;
  conditions?: BudgetCondition[];
}

/** How many evictions may be in progress. */
const MAX_DISRUPTED = 2000;
const RETRY_SECONDS = 10;
const ALLOWED = 'DisruptionAllowed';
const VIOLATES = "Cannot evict pod as it would violate the pod's disruption budget.";

/** The object as a budget; the argument is not changed. */
export const toBudget = (object: KubeObject): DisruptionBudget => ({
  ...object,
  spec: (isMap(object['spec']) ? object['spec'] : {}) as DisruptionBudget['spec'],
  status: {
    currentHealthy: 0,
    desiredHealthy: 0,
    disruptionsAllowed: 0,
    expectedPods: 0,
    ...(isMap(object['status']) ? (object['status'] as Partial<BudgetStatus>) : {}),
  },
});

/** Problems of a spec. */
export function validateBudgetSpec({ spec }: DisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  const shown = {
    MinAvailable: minAvailable ?? null,
    Selector: selector ?? null,
    MaxUnavailable: maxUnavailable ?? null,
    UnhealthyPodEvictionPolicy: policy ?? null,
  };
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...validateAmount('spec.minAvailable', minAvailable),
    ...validateAmount('spec.maxUnavailable', maxUnavailable),
    ...(selector ? validateSelector(selector, 'spec.selector') : []),
    ...(policy === undefined || policies.includes(policy)
      ? []
      : [notSupported('spec.unhealthyPodEvictionPolicy', policy, policies)]),
  ];
}

const validateAmount = (field: string, value: IntOrPercent | undefined): FieldError[] =>
  value === undefined ? [] : [...validateIntOrPercent(field, value), ...atMostWhole(field, value)];

/** Problems of a status. */
export const validateBudgetStatus = (status: BudgetStatus): FieldError[] =>
  (['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap(
    (name) => notNegative(`status.${name}`, status[name]),
  );

/** The conditions with DisruptionAllowed as the numbers say. */
export function withAllowance(
  { status, metadata }: DisruptionBudget,
  now: Date,
  failure?: string,
): BudgetCondition[] {
  const isAllowed = status.disruptionsAllowed > 0 && failure === undefined;
  const before = status.conditions?.find(({ type }) => type === ALLOWED);
  const says = isAllowed ? 'True' : 'False';
  const condition: BudgetCondition = {
    type: ALLOWED,
    status: says,
    ...present({ observedGeneration: metadata.generation }),
    lastTransitionTime: before?.status === says ? before.lastTransitionTime : wholeSeconds(now),
    reason:
      failure === undefined ? (isAllowed ? 'SufficientPods' : 'InsufficientPods') : 'SyncFailed',
    message: failure ?? '',
  };
  return [...(status.conditions ?? []).filter(({ type }) => type !== ALLOWED), condition];
}

/** Whether the budget does not restrict the eviction of a pod that is not ready. */
export function ignoresUnready({ spec, status }: DisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0;
}

/** The status after the pod's eviction is deducted, or the refusal. */
export function spend(budget: DisruptionBudget, pod: string, now: Date): BudgetStatus | ApiError {
  const { status, metadata } = budget;
  const name = metadata.name ?? '';
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return refusal(
      `The disruption budget ${name} is still being processed by the server.`,
      RETRY_SECONDS,
    );
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED)
    return forbidden(
      'poddisruptionbudget.policy',
      name,
      'DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    );
  if (status.disruptionsAllowed <= 0) return refusal(whyNot(name, status));
  const spent = {
    ...status,
    disruptionsAllowed: status.disruptionsAllowed - 1,
    disruptedPods: { ...status.disruptedPods, [pod]: wholeSeconds(now) },
  };
  return { ...spent, conditions: withAllowance({ ...budget, status: spent }, now) };
}

function whyNot(
  name: string,
  { currentHealthy, desiredHealthy, conditions }: BudgetStatus,
): string {
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  const condition = conditions?.find(({ type }) => type === ALLOWED);
  const why = condition?.message ? ` (${condition.reason}): ${condition.message}` : '';
  return `The disruption budget ${name} does not allow evicting pods currently${why}`;
}

const refusal = (message: string, retryAfterSeconds?: number): ApiError =>
  new ApiError('TooManyRequests', VIOLATES, {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...present({ retryAfterSeconds }),
  });
