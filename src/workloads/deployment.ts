// Deployments: type, defaults and rules (pkg/apis/apps/validation).
import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { isMap } from '../own.ts';
import type { LabelSelector } from '../pod/placement/selection.ts';
import {
  forbiddenValue,
  invalidValue,
  notNegative,
  notSupported,
} from '../validation/field-errors.ts';
import { atMostWhole, plainValue, validateIntOrPercent } from './int-or-percent.ts';
import type { PodTemplate } from './pod-template.ts';
import type { RollingUpdate } from './rolling-update.ts';
import { shownStrategy } from './rolling-update.ts';
import { defaultTemplate } from './pod-template.ts';
import type { Condition } from './replica-set.ts';
import { notAbove } from './replica-set.ts';
import { validateLastingTemplate, validateWorkloadSelector } from './selector.ts';

export interface Deployment extends KubeObject {
  spec: {
    replicas: number;
    selector?: LabelSelector;
    template: PodTemplate;
    strategy: { type: string; rollingUpdate?: RollingUpdate };
    minReadySeconds?: number;
    revisionHistoryLimit: number;
    paused?: boolean;
    progressDeadlineSeconds: number;
  };
  status: DeploymentStatus;
}

export interface DeploymentStatus {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  terminatingReplicas?: number;
  collisionCount?: number;
  conditions?: Condition[];
}

const SHARE = '25%';
const REVISIONS = 10;
const DEADLINE_SECONDS = 600;
const STRATEGIES = ['Recreate', 'RollingUpdate'];

/** The object as a Deployment with every default; the argument is not changed. May be repeated. */
export function toDeployment(object: KubeObject): Deployment {
  const spec = (isMap(object['spec']) ? object['spec'] : {}) as Partial<Deployment['spec']>;
  return {
    ...object,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      strategy: defaultStrategy(spec.strategy),
      revisionHistoryLimit: spec.revisionHistoryLimit ?? REVISIONS,
      progressDeadlineSeconds: spec.progressDeadlineSeconds ?? DEADLINE_SECONDS,
      template: defaultTemplate(spec.template),
    },
    status: isMap(object['status']) ? object['status'] : {},
  };
}

function defaultStrategy(
  given: Partial<Deployment['spec']['strategy']> = {},
): Deployment['spec']['strategy'] {
  const type = given.type || 'RollingUpdate';
  if (type !== 'RollingUpdate') return { ...given, type };
  const { maxUnavailable = SHARE, maxSurge = SHARE } = (given.rollingUpdate ??
    {}) as Partial<RollingUpdate>;
  return { type, rollingUpdate: { maxUnavailable, maxSurge } };
}

/** Problems of a defaulted spec. */
export function validateDeploymentSpec({ spec }: Deployment): FieldError[] {
  const { problems, usable } = validateWorkloadSelector(spec.selector, 'deployment');
  const deadline = spec.progressDeadlineSeconds;
  return [
    ...notNegative('spec.replicas', spec.replicas),
    ...problems,
    ...(usable ? validateLastingTemplate(spec.template, spec.selector, 'ReplicaSet') : []),
    ...validateStrategy(spec.strategy),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...notNegative('spec.progressDeadlineSeconds', deadline),
    ...(deadline > (spec.minReadySeconds ?? 0)
      ? []
      : [
          invalidValue(
            'spec.progressDeadlineSeconds',
            deadline,
            'must be greater than minReadySeconds',
          ),
        ]),
  ];
}

function validateStrategy({ type, rollingUpdate }: Deployment['spec']['strategy']): FieldError[] {
  const field = 'spec.strategy';
  if (type === 'Recreate')
    return rollingUpdate === undefined
      ? []
      : [
          forbiddenValue(
            `${field}.rollingUpdate`,
            "may not be specified when strategy `type` is 'Recreate'",
          ),
        ];
  if (type !== 'RollingUpdate')
    return [notSupported(field, shownStrategy(type, rollingUpdate), STRATEGIES)];
  return rollingUpdate === undefined
    ? []
    : validateRollingUpdate(rollingUpdate, `${field}.rollingUpdate`);
}

function validateRollingUpdate(
  { maxUnavailable, maxSurge }: RollingUpdate,
  field: string,
): FieldError[] {
  const stands = plainValue(maxUnavailable) === 0 && plainValue(maxSurge) === 0;
  return [
    ...validateIntOrPercent(`${field}.maxUnavailable`, maxUnavailable),
    ...validateIntOrPercent(`${field}.maxSurge`, maxSurge),
    ...(stands
      ? [
          invalidValue(
            `${field}.maxUnavailable`,
            maxUnavailable,
            'may not be 0 when `maxSurge` is 0',
          ),
        ]
      : []),
    ...atMostWhole(`${field}.maxUnavailable`, maxUnavailable),
  ];
}

const COUNTS = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
] as const;

/** Problems of a status that replaces `old`. */
export function validateDeploymentStatus(
  status: DeploymentStatus,
  old: DeploymentStatus,
): FieldError[] {
  const fewer = (status.collisionCount ?? -1) < (old.collisionCount ?? -1);
  return [
    ...COUNTS.flatMap((name) => notNegative(`status.${name}`, status[name])),
    ...notAbove(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas']),
    ...(fewer
      ? [invalidValue('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented')]
      : []),
  ];
}
