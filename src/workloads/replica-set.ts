// ReplicaSets: type, defaults and rules (pkg/apis/apps/validation). ReplicationControllers have the same status.
import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { isMap } from '../own.ts';
import type { LabelSelector } from '../pod/placement/selection.ts';
import { invalidValue, notNegative } from '../validation/field-errors.ts';
import type { PodTemplate } from './pod-template.ts';
import { defaultTemplate } from './pod-template.ts';
import { validateLastingTemplate, validateWorkloadSelector } from './selector.ts';

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
}

export interface ReplicaStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  /** ReplicaSets only. */
  terminatingReplicas?: number;
  observedGeneration?: number;
  conditions?: Condition[];
}

export interface ReplicaSet extends KubeObject {
  spec: {
    replicas: number;
    minReadySeconds?: number;
    selector?: LabelSelector;
    template: PodTemplate;
  };
  status: ReplicaStatus;
}

/** The object as a ReplicaSet with every default; the argument is not changed. May be repeated. */
export function toReplicaSet(object: KubeObject): ReplicaSet {
  const spec = (isMap(object['spec']) ? object['spec'] : {}) as Partial<ReplicaSet['spec']>;
  return {
    ...object,
    spec: { ...spec, replicas: spec.replicas ?? 1, template: defaultTemplate(spec.template) },
    status: statusOf(object),
  };
}

/** The status of a stored ReplicaSet or ReplicationController. */
export const statusOf = ({ status }: KubeObject): ReplicaStatus => ({
  replicas: 0,
  ...(isMap(status) ? (status as Partial<ReplicaStatus>) : {}),
});

/** Problems of a defaulted spec. */
export function validateReplicaSetSpec({ spec }: ReplicaSet): FieldError[] {
  const { problems, usable } = validateWorkloadSelector(spec.selector, 'deployment');
  return [
    ...notNegative('spec.replicas', spec.replicas),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...problems,
    ...(usable ? validateLastingTemplate(spec.template, spec.selector, 'ReplicaSet') : []),
  ];
}

const COUNTS = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
  'terminatingReplicas',
] as const;

/** Problems of the status of either kind. */
export function validateReplicaStatus(status: ReplicaStatus): FieldError[] {
  return [
    ...COUNTS.flatMap((name) => notNegative(`status.${name}`, status[name])),
    ...notAbove(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
  ];
}

type Limited = 'fullyLabeledReplicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas';

/** No count may exceed `replicas`, and `availableReplicas` no more than what is ready. */
export function notAbove(
  status: { [name in Limited | 'replicas']?: number },
  names: readonly Limited[],
): FieldError[] {
  const available = status.availableReplicas ?? 0;
  return [
    ...names.flatMap((name) =>
      (status[name] ?? 0) > (status.replicas ?? 0)
        ? [
            invalidValue(
              `status.${name}`,
              status[name] ?? 0,
              'cannot be greater than status.replicas',
            ),
          ]
        : [],
    ),
    ...(available > (status.readyReplicas ?? 0)
      ? [
          invalidValue(
            'status.availableReplicas',
            available,
            'cannot be greater than readyReplicas',
          ),
        ]
      : []),
  ];
}
