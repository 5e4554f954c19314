// The rollback of older clients: an annotation names the revision whose template to restore (pkg/controller/deployment/rollback.go).
import type { KubeObject } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import type { Deployment } from '../../workloads/deployment.ts';
import type { ReplicaSet } from '../../workloads/replica-set.ts';
import type { Write } from '../controller.ts';
import {
  byRevision,
  copiedBack,
  isSameTemplate,
  revisionOf,
  ROLLBACK,
  templateWithoutHash,
} from './sets.ts';

/** The revision that the annotation names; 0: the previous one; undefined: no rollback. */
export function rollbackTo({ metadata }: KubeObject): bigint | undefined {
  const text = own(metadata.annotations, ROLLBACK);
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : undefined;
}

/** Restores the template, records an event, and in any case removes the annotation. */
export function rollBack(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  wanted: bigint,
): Write[] {
  const revision = wanted === 0n ? previousRevision(sets) : wanted;
  const set = sets.find((one) => revisionOf(one) === revision);
  if (set === undefined || revision === 0n)
    return [
      cleared(deployment),
      warning(
        'DeploymentRollbackRevisionNotFound',
        wanted === 0n
          ? 'Unable to find last revision.'
          : 'Unable to find the revision to rollback to.',
      ),
    ];
  const name = deployment.metadata.name ?? '';
  if (isSameTemplate(set.spec.template, deployment.spec.template))
    return [
      cleared(deployment),
      warning(
        'DeploymentRollbackTemplateUnchanged',
        `The rollback revision contains the same template as current deployment "${name}"`,
      ),
    ];
  const { metadata, ...rest } = deployment;
  const object = {
    ...rest,
    metadata: { ...metadata, annotations: copiedBack(deployment, set) },
    spec: { ...deployment.spec, template: templateWithoutHash(set.spec.template) },
  };
  return [
    {
      ...cleared(object),
      done: {
        type: 'Normal',
        reason: 'DeploymentRollback',
        message: `Rolled back deployment "${name}" to revision ${revision}`,
      },
    },
  ];
}

function previousRevision(sets: readonly ReplicaSet[]): bigint {
  const previous = [...sets].sort(byRevision).at(-2);
  return previous === undefined ? 0n : revisionOf(previous);
}

function cleared(deployment: Deployment): Extract<Write, { verb: 'update' }> {
  const { [ROLLBACK]: _rollback, ...annotations } = deployment.metadata.annotations ?? {};
  const object = { ...deployment, metadata: { ...deployment.metadata, annotations } };
  return { verb: 'update', resource: 'deployments.apps', object };
}

const warning = (reason: string, message: string): Write => ({
  verb: 'event',
  type: 'Warning',
  reason,
  message,
});
