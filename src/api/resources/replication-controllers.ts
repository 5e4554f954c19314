// ReplicationControllers: the core group's predecessor of ReplicaSets.
import { workloadNameWarnings } from '../../workloads/pod-template.ts';
import {
  toReplicationController,
  validateReplicationControllerSpec,
} from '../../workloads/replication-controller.ts';
import { statusOf as replicaStatusOf, validateReplicaStatus } from '../../workloads/replica-set.ts';
import { validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { plain, statusOf, text } from './plain.ts';
import { replicaPrinter } from './replica-sets.ts';
import type { Strategy } from './strategy.ts';
import { selectorText } from './template-columns.ts';
import { workload } from './workload.ts';

export const replicationControllers: Strategy = {
  ...workload({
    defaults: toReplicationController,
    firstStatus: { replicas: 0 },
    templateOf: (object) => toReplicationController(object).spec.template,
    problems: (object, call) => [
      ...plain.validate(object, call),
      ...validateReplicationControllerSpec(toReplicationController(object)),
    ],
    // kube-apiserver applies the rules of the spec twice, and reports each problem twice.
    updateProblems: (next, old) => {
      const problems = validateReplicationControllerSpec(toReplicationController(next));
      return [...problems, ...validateObjectMetaUpdate(next.metadata, old.metadata), ...problems];
    },
    warnings: ({ metadata }) => workloadNameWarnings(metadata.name ?? ''),
  }),
  fields: {
    own: true,
    fields: { 'status.replicas': (object) => text(object, 'status', 'replicas') },
  },
  printer: replicaPrinter('io.k8s.api.core.v1.ReplicationController', (object) => {
    const set = toReplicationController(object);
    return { ...set, selector: selectorText({ matchLabels: set.spec.selector ?? {} }) };
  }),
};

/** `/status` of ReplicationControllers. */
export const replicationControllerStatus: Strategy = statusOf(replicationControllers, (next) =>
  validateReplicaStatus(replicaStatusOf(next)),
);
