// ReplicaSets at the API; their rules are in src/workloads, their controller in src/controllers/replica-set.ts.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import {
  refuseTemplate,
  templateWarnings,
  workloadNameWarnings,
} from '../../workloads/pod-template.ts';
import type { PodTemplate } from '../../workloads/pod-template.ts';
import type { ReplicaStatus } from '../../workloads/replica-set.ts';
import {
  statusOf as replicaStatusOf,
  toReplicaSet,
  validateReplicaSetSpec,
  validateReplicaStatus,
} from '../../workloads/replica-set.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import type { Call } from '../call.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { immutable, keepStatus, onNewGeneration, plain, statusOf } from './plain.ts';
import { refusals } from './pods.ts';
import type { Column, Printer, Strategy } from './strategy.ts';
import { containerCells, containerColumns, selectorText } from './template-columns.ts';

const SCHEMA = 'io.k8s.api.apps.v1.ReplicaSet';

const number = (name: string, description: string): Column => ({
  ...column(name, description),
  type: 'integer',
});

/** The printer of ReplicaSets and ReplicationControllers; `schema`: the kind's name in the schemas. */
export const replicaPrinter = (
  schema: string,
  shown: (object: KubeObject) => {
    spec: { replicas: number; template?: PodTemplate };
    status: ReplicaStatus;
    selector: string;
  },
): Printer =>
  lazyPrinter(
    () => [
      nameColumn(),
      number('Desired', fieldDescription(`${schema}Spec`, 'replicas')),
      number('Current', fieldDescription(`${schema}Status`, 'replicas')),
      number('Ready', fieldDescription(`${schema}Status`, 'readyReplicas')),
      ageColumn(),
      ...containerColumns(),
      column('Selector', fieldDescription(`${schema}Spec`, 'selector'), 1),
    ],
    (object) => {
      const { spec, status, selector } = shown(object);
      return [
        object.metadata.name ?? '',
        spec.replicas,
        status.replicas,
        status.readyReplicas ?? 0,
        age(object),
        ...containerCells(spec.template),
        selector,
      ];
    },
  );

/** The rules first, then droppod's refusals of the pods to be created. */
export const withRefusals = (
  template: PodTemplate | undefined,
  problems: FieldError[],
  call: Call,
): FieldError[] =>
  problems.length > 0 || template === undefined
    ? problems
    : refusals(call, refuseTemplate(template, 'spec.template', call.ports.settings));

const podWarnings = (object: KubeObject): string[] =>
  templateWarnings(toReplicaSet(object).spec.template, 'spec.template');

export const replicaSets: Strategy = {
  ...plain,
  printer: replicaPrinter(SCHEMA, (object) => {
    const set = toReplicaSet(object);
    return { ...set, selector: selectorText(set.spec.selector) };
  }),
  defaults: toReplicaSet,
  prepareForCreate: (object) => ({
    ...object,
    metadata: { ...object.metadata, generation: 1 },
    status: { replicas: 0 },
  }),
  validate: (object, call) => {
    const set = toReplicaSet(object);
    const problems = [...plain.validate(object, call), ...validateReplicaSetSpec(set)];
    return withRefusals(set.spec.template, problems, call);
  },
  warnings: (object) => [
    ...workloadNameWarnings(object.metadata.name ?? ''),
    ...podWarnings(object),
  ],
  updateWarnings: onNewGeneration(podWarnings),
  prepareForUpdate: keepStatus,
  // kube-apiserver applies the rules of the spec twice, and reports each problem twice.
  validateUpdate: (next, old, call) => {
    const set = toReplicaSet(next);
    const problems = validateReplicaSetSpec(set);
    const all = [
      ...problems,
      ...validateObjectMetaUpdate(next.metadata, old.metadata),
      ...problems,
      ...immutable('spec.selector', set.spec.selector, toReplicaSet(old).spec.selector),
    ];
    return withRefusals(set.spec.template, all, call);
  },
  resetFields: ['status'],
  generation: true,
};

/** `/status` of ReplicaSets. */
export const replicaSetStatus: Strategy = statusOf(replicaSets, (next) =>
  validateReplicaStatus(replicaStatusOf(next)),
);
