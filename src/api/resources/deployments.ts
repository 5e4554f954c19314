// Deployments at the API; their rules are in src/workloads, their controller in src/controllers/deployment.
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import {
  toDeployment,
  validateDeploymentSpec,
  validateDeploymentStatus,
} from '../../workloads/deployment.ts';
import { workloadNameWarnings } from '../../workloads/pod-template.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { immutable, plain, statusOf } from './plain.ts';
import type { Strategy } from './strategy.ts';
import { containerCells, containerColumns, selectorText } from './template-columns.ts';
import { workload } from './workload.ts';

const SCHEMA = 'io.k8s.api.apps.v1.Deployment';

const printer = lazyPrinter(
  () => [
    nameColumn(),
    column('Ready', 'Number of the pod with ready state'),
    column('Up-to-date', fieldDescription(`${SCHEMA}Status`, 'updatedReplicas')),
    column('Available', fieldDescription(`${SCHEMA}Status`, 'availableReplicas')),
    ageColumn(),
    ...containerColumns(),
    column('Selector', fieldDescription(`${SCHEMA}Spec`, 'selector'), 1),
  ],
  (object) => {
    const { spec, status } = toDeployment(object);
    return [
      object.metadata.name ?? '',
      `${status.readyReplicas ?? 0}/${spec.replicas}`,
      status.updatedReplicas ?? 0,
      status.availableReplicas ?? 0,
      age(object),
      ...containerCells(spec.template),
      selectorText(spec.selector),
    ];
  },
);

export const deployments: Strategy = {
  ...workload({
    defaults: toDeployment,
    templateOf: (object) => toDeployment(object).spec.template,
    problems: (object, call) => [
      ...plain.validate(object, call),
      ...validateDeploymentSpec(toDeployment(object)),
    ],
    updateProblems: (next, old) => {
      const deployment = toDeployment(next);
      return [
        ...validateObjectMetaUpdate(next.metadata, old.metadata),
        ...validateDeploymentSpec(deployment),
        ...immutable('spec.selector', deployment.spec.selector, toDeployment(old).spec.selector),
      ];
    },
    warnings: ({ metadata }) => workloadNameWarnings(metadata.name ?? ''),
  }),
  printer,
  // Annotations are copied to the ReplicaSets, so that changes to them count too.
  counted: ({ metadata, spec }) => [spec, metadata.annotations ?? {}],
};

const status = statusOf(deployments, (next, old) =>
  validateDeploymentStatus(toDeployment(next).status, toDeployment(old).status),
);

/** `/status` of Deployments: unlike other kinds', it takes no labels. */
export const deploymentStatus: Strategy = {
  ...status,
  prepareForUpdate: async (next, old, call) => {
    const prepared = await status.prepareForUpdate(next, old, call);
    return { ...prepared, metadata: withLabelsOf(prepared, old) };
  },
};

function withLabelsOf(next: KubeObject, old: KubeObject): KubeObject['metadata'] {
  const { labels: _labels, ...metadata } = next.metadata;
  return { ...metadata, ...present({ labels: old.metadata.labels }) };
}
