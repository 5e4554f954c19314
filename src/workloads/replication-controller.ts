// ReplicationControllers: as ReplicaSets, but with a plain map as selector and a template that may be missing (pkg/apis/core/validation).
import type { FieldError } from '../errors.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { isMap } from '../own.ts';
import type { Labels } from '../pod/placement/selection.ts';
import { present } from '../present.ts';
import { notNegative, required } from '../validation/field-errors.ts';
import type { PodTemplate } from './pod-template.ts';
import { defaultTemplate } from './pod-template.ts';
import type { ReplicaStatus } from './replica-set.ts';
import { statusOf } from './replica-set.ts';
import { validateLastingTemplate } from './selector.ts';

export interface ReplicationController extends KubeObject {
  spec: {
    replicas: number;
    minReadySeconds?: number;
    selector?: Labels;
    template?: PodTemplate;
  };
  status: ReplicaStatus;
}

const isEmpty = (labels: Labels): boolean => Object.keys(labels ?? {}).length === 0;

/** The object as a ReplicationController with every default: a missing selector or labels are the template's. May be repeated. */
export function toReplicationController(object: KubeObject): ReplicationController {
  const given = (isMap(object['spec']) ? object['spec'] : {}) as Partial<
    ReplicationController['spec']
  >;
  const template = given.template && defaultTemplate(given.template);
  const labels = template?.metadata.labels;
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...present({ labels: isEmpty(metadata.labels) ? labels : undefined }),
    },
    spec: {
      ...given,
      replicas: given.replicas ?? 1,
      ...present({ selector: isEmpty(given.selector) ? labels : given.selector, template }),
    },
    status: statusOf(object),
  };
}

/** Problems of a defaulted spec. */
export function validateReplicationControllerSpec({ spec }: ReplicationController): FieldError[] {
  const { selector, template } = spec;
  return [
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...(isEmpty(selector) ? [required('spec.selector')] : []),
    ...notNegative('spec.replicas', spec.replicas),
    ...(template === undefined
      ? [required('spec.template')]
      : validateLastingTemplate(
          template,
          { matchLabels: selector ?? {} },
          'ReplicationController',
        )),
  ];
}
