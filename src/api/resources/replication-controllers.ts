// ReplicationControllers: the core group's predecessor of ReplicaSets.
import type { KubeObject } from '../../kinds/pod.ts';
import { templateWarnings, workloadNameWarnings } from '../../workloads/pod-template.ts';
import {
  toReplicationController,
  validateReplicationControllerSpec,
} from '../../workloads/replication-controller.ts';
import { statusOf as replicaStatusOf, validateReplicaStatus } from '../../workloads/replica-set.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { keepStatus, onNewGeneration, plain, statusOf, text } from './plain.ts';
import { replicaPrinter, withRefusals } from './replica-sets.ts';
import type { Strategy } from './strategy.ts';
import { selectorText } from './template-columns.ts';

function podWarnings(object: KubeObject): string[] {
  const { template } = toReplicationController(object).spec;
  return template ? templateWarnings(template, 'spec.template') : [];
}

export const replicationControllers: Strategy = {
  ...plain,
  fields: {
    own: true,
    fields: { 'status.replicas': (object) => text(object, 'status', 'replicas') },
  },
  printer: replicaPrinter('io.k8s.api.core.v1.ReplicationController', (object) => {
    const set = toReplicationController(object);
    return { ...set, selector: selectorText({ matchLabels: set.spec.selector ?? {} }) };
  }),
  defaults: toReplicationController,
  prepareForCreate: (object) => ({
    ...object,
    metadata: { ...object.metadata, generation: 1 },
    status: { replicas: 0 },
  }),
  validate: (object, call) => {
    const set = toReplicationController(object);
    const problems = [...plain.validate(object, call), ...validateReplicationControllerSpec(set)];
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
    const set = toReplicationController(next);
    const problems = validateReplicationControllerSpec(set);
    const meta = validateObjectMetaUpdate(next.metadata, old.metadata);
    return withRefusals(set.spec.template, [...problems, ...meta, ...problems], call);
  },
  resetFields: ['status'],
  generation: true,
};

/** `/status` of ReplicationControllers. */
export const replicationControllerStatus: Strategy = statusOf(replicationControllers, (next) =>
  validateReplicaStatus(replicaStatusOf(next)),
);
