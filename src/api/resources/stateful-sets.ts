// StatefulSets at the API; their rules are in src/workloads, their controller in src/controllers/stateful-set.
import type { KubeObject } from '../../kinds/pod.ts';
import { templateWarnings } from '../../workloads/pod-template.ts';
import type { PodTemplate } from '../../workloads/pod-template.ts';
import {
  toStatefulSet,
  validateStatefulSetChange,
  validateStatefulSetSpec,
  validateStatefulSetStatus,
  withoutMaxUnavailable,
} from '../../workloads/stateful-set.ts';
import { withClaimVolumes } from '../../workloads/stateful-pod.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import type { Call } from '../call.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, onNewGeneration, statusOf } from './plain.ts';
import type { Strategy } from './strategy.ts';
import { containerCells, containerColumns } from './template-columns.ts';
import { workload } from './workload.ts';

/** The template as its pods get it, so that refusals cover the claims' volumes. */
const templateOf = (object: KubeObject): PodTemplate => {
  const { spec } = toStatefulSet(object);
  const pod = withClaimVolumes(spec.template.spec, spec.volumeClaimTemplates ?? [], '');
  return { ...spec.template, spec: pod };
};

function warnings(object: KubeObject): string[] {
  const { spec } = toStatefulSet(object);
  return [
    ...templateWarnings(spec.template, 'spec.template'),
    ...(spec.revisionHistoryLimit < 0
      ? [
          'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
        ]
      : []),
  ];
}

/** Warns of fields that Kubernetes does not store. */
function dropped(object: KubeObject, { warnings: said }: Call): KubeObject {
  const set = toStatefulSet(object);
  const kept = withoutMaxUnavailable(set);
  if (kept !== set)
    said.push(
      'spec.updateStrategy.rollingUpdate.maxUnavailable: not stored, as in Kubernetes 1.35; pods are updated one at a time',
    );
  return kept;
}

export const statefulSets: Strategy = {
  ...workload({
    defaults: toStatefulSet,
    firstStatus: { replicas: 0, availableReplicas: 0 },
    templateOf,
    problems: (object) => [
      ...validateObjectMeta(object.metadata, { namespaced: true, name: 'label' }),
      ...validateStatefulSetSpec(toStatefulSet(object)),
    ],
    updateProblems: (next, old) => [
      ...validateObjectMetaUpdate(next.metadata, old.metadata),
      ...validateStatefulSetSpec(toStatefulSet(next)),
      ...validateStatefulSetChange(toStatefulSet(next), toStatefulSet(old)),
    ],
  }),
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Ready', 'Number of the pod with ready state'),
      ageColumn(),
      ...containerColumns(),
    ],
    (object) => {
      const { spec, status } = toStatefulSet(object);
      return [
        object.metadata.name ?? '',
        `${status.readyReplicas ?? 0}/${spec.replicas}`,
        age(object),
        ...containerCells(spec.template),
      ];
    },
  ),
  admit: (object, call) => Promise.resolve(dropped(object, call)),
  warnings,
  updateWarnings: onNewGeneration(warnings),
  prepareForUpdate: (next, old, call) => dropped(keepStatus(next, old), call),
};

/** `/status` of StatefulSets. */
export const statefulSetStatus: Strategy = statusOf(statefulSets, (next) =>
  validateStatefulSetStatus(toStatefulSet(next).status),
);
