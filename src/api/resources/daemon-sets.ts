// DaemonSets at the API; their rules are in src/workloads, their controller in src/controllers/daemon-set.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import {
  TEMPLATE_GENERATION,
  toDaemonSet,
  validateDaemonSetSpec,
  validateDaemonSetStatus,
} from '../../workloads/daemon-set.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { immutable, keepStatus, plain, statusOf } from './plain.ts';
import type { Column, Strategy } from './strategy.ts';
import { containerCells, containerColumns, selectorText } from './template-columns.ts';
import { newWorkload, workload } from './workload.ts';

const SCHEMA = 'io.k8s.api.apps.v1.DaemonSet';

const counted = (name: string, field: string): Column => ({
  ...column(name, fieldDescription(`${SCHEMA}Status`, field)),
  type: 'integer',
});

const printer = lazyPrinter(
  () => [
    nameColumn(),
    counted('Desired', 'desiredNumberScheduled'),
    counted('Current', 'currentNumberScheduled'),
    counted('Ready', 'numberReady'),
    counted('Up-to-date', 'updatedNumberScheduled'),
    counted('Available', 'numberAvailable'),
    column('Node Selector', fieldDescription('PodSpec', 'nodeSelector')),
    ageColumn(),
    ...containerColumns(),
    column('Selector', fieldDescription(`${SCHEMA}Spec`, 'selector'), 1),
  ],
  (object) => {
    const { spec, status } = toDaemonSet(object);
    return [
      object.metadata.name ?? '',
      status.desiredNumberScheduled,
      status.currentNumberScheduled,
      status.numberReady,
      status.updatedNumberScheduled ?? 0,
      status.numberAvailable ?? 0,
      selectorText({ matchLabels: spec.template.spec.nodeSelector ?? {} }),
      age(object),
      ...containerCells(spec.template),
      selectorText(spec.selector),
    ];
  },
);

const withGeneration = (object: KubeObject, generation: number): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) },
  },
});

const generationOf = ({ metadata }: KubeObject): number =>
  Number(metadata.annotations?.[TEMPLATE_GENERATION] ?? 0) || 0;

/** Clients cannot write the template generation: it counts changes to the template. */
function prepareForUpdate(next: KubeObject, old: KubeObject): KubeObject {
  const isChanged = !isDeepStrictEqual(
    toDaemonSet(next).spec.template,
    toDaemonSet(old).spec.template,
  );
  return withGeneration(keepStatus(next, old), generationOf(old) + (isChanged ? 1 : 0));
}

const FIRST_STATUS = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
};

export const daemonSets: Strategy = {
  ...workload({
    defaults: toDaemonSet,
    firstStatus: FIRST_STATUS,
    templateOf: (object) => toDaemonSet(object).spec.template,
    problems: (object, call) => [
      ...plain.validate(object, call),
      ...validateDaemonSetSpec(toDaemonSet(object)),
    ],
    updateProblems: (next, old) => {
      const set = toDaemonSet(next);
      return [
        ...validateObjectMetaUpdate(next.metadata, old.metadata),
        ...validateDaemonSetSpec(set),
        ...immutable('spec.selector', set.spec.selector, toDaemonSet(old).spec.selector),
      ];
    },
  }),
  printer,
  prepareForCreate: (object) => withGeneration(newWorkload(object, FIRST_STATUS), 1),
  prepareForUpdate,
};

/** `/status` of DaemonSets. */
export const daemonSetStatus: Strategy = statusOf(daemonSets, (next, old) =>
  validateDaemonSetStatus(toDaemonSet(next).status, toDaemonSet(old).status),
);
