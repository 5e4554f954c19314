// ReplicaSets at the API; their rules are in src/workloads, their controller in src/controllers/replica-set.ts.
import type { KubeObject } from '../../kinds/pod.ts';
import { workloadNameWarnings } from '../../workloads/pod-template.ts';
import type { PodTemplate } from '../../workloads/pod-template.ts';
import type { ReplicaStatus } from '../../workloads/replica-set.ts';
import {
  statusOf as replicaStatusOf,
  toReplicaSet,
  validateReplicaSetSpec,
  validateReplicaStatus,
} from '../../workloads/replica-set.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { immutable, plain, statusOf } from './plain.ts';
import type { Column, Printer, Strategy } from './strategy.ts';
import { containerCells, containerColumns, selectorText } from './template-columns.ts';
import { workload } from './workload.ts';

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

export const replicaSets: Strategy = {
  ...workload({
    defaults: toReplicaSet,
    firstStatus: { replicas: 0 },
    templateOf: (object) => toReplicaSet(object).spec.template,
    problems: (object, call) => [
      ...plain.validate(object, call),
      ...validateReplicaSetSpec(toReplicaSet(object)),
    ],
    // kube-apiserver applies the rules of the spec twice, and reports each problem twice.
    updateProblems: (next, old) => {
      const set = toReplicaSet(next);
      const problems = validateReplicaSetSpec(set);
      return [
        ...problems,
        ...validateObjectMetaUpdate(next.metadata, old.metadata),
        ...problems,
        ...immutable('spec.selector', set.spec.selector, toReplicaSet(old).spec.selector),
      ];
    },
    warnings: ({ metadata }) => workloadNameWarnings(metadata.name ?? ''),
  }),
  printer: replicaPrinter(SCHEMA, (object) => {
    const set = toReplicaSet(object);
    return { ...set, selector: selectorText(set.spec.selector) };
  }),
};

/** `/status` of ReplicaSets. */
export const replicaSetStatus: Strategy = statusOf(replicaSets, (next) =>
  validateReplicaStatus(replicaStatusOf(next)),
);
