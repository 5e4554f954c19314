// The StatefulSet controller: pods with stable names, created and removed in order (pkg/controller/statefulset).
import type { KubeObject } from '../../kinds/pod.ts';
import { selects } from '../../pod/placement/selection.ts';
import { present } from '../../present.ts';
import { ordinalOf, REVISION_LABEL } from '../../workloads/stateful-pod.ts';
import type { StatefulSetStatus } from '../../workloads/stateful-set.ts';
import { toStatefulSet } from '../../workloads/stateful-set.ts';
import type { Owner } from '../claim.ts';
import { claim, isUncontrolled } from '../claim.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';
import { isAvailable, isReady, nextAvailableAt } from '../pod-states.ts';
import type { History } from '../revisions.ts';
import { historyOf, REVISIONS, truncation } from '../revisions.ts';
import { orAbsent, writeStatus } from '../status.ts';
import { CLAIMS } from './claims.ts';
import type { Members } from './members.ts';
import { nextPods } from './next-pods.ts';

const SETS = 'statefulsets.apps';

export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  resource: SETS,
  reads: ['pods', REVISIONS, CLAIMS],
  mayConcern: isUncontrolled,
  concerns: (changed, sets) =>
    sets
      .filter((set) => selects(toStatefulSet(set).spec.selector, changed.metadata.labels))
      .map(({ metadata }) => metadata.name ?? ''),
  reconcile,
};

function reconcile(object: KubeObject, world: World, now: Date): Outcome {
  const set = toStatefulSet(object);
  const owner: Owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', object };
  const isEnding = object.metadata.deletionTimestamp !== undefined;
  const { owned, writes } = claim(
    'pods',
    owner,
    (labels) => selects(set.spec.selector, labels),
    world.list('pods').filter((pod) => ordinalOf(set, pod) !== undefined),
  );
  const history = historyOf(
    {
      owner,
      selector: set.spec.selector,
      template: set.spec.template,
      hashLabel: 'controller.kubernetes.io/hash',
      collisionCount: set.status.collisionCount ?? 0,
    },
    world,
  );
  const current =
    history.revisions.find(({ metadata }) => metadata.name === set.status.currentRevision) ??
    history.update;
  const members: Members = { set, owner, pods: owned, current, update: history.update, now };
  const steps = isEnding ? [] : nextPods(members, world);
  const status = nextStatus(members, history, owned.filter(isRemovedBy(steps)));
  const requeueAt = nextAvailableAt(owned, set.spec.minReadySeconds ?? 0, now);
  return {
    writes: [
      ...writes,
      ...(isEnding ? [] : history.writes),
      ...steps,
      ...writeStatus(SETS, object, status),
      ...(isEnding ? [] : forgotten(members, history, status)),
    ],
    ...present({ requeueAt }),
  };
}

const isRemovedBy =
  (steps: readonly Write[]) =>
  (pod: KubeObject): boolean =>
    steps.some((write) => write.verb === 'delete' && write.object === pod);

const revisionOf = ({ metadata }: KubeObject): string => metadata.labels?.[REVISION_LABEL] ?? '';

function nextStatus(
  { set, pods, current, update, now }: Members,
  { collisionCount }: History,
  removed: readonly KubeObject[],
): StatefulSetStatus {
  const count = (holds: (pod: KubeObject) => boolean): number => pods.filter(holds).length;
  const lasting = (revision: KubeObject) => (pod: KubeObject) =>
    pod.metadata.deletionTimestamp === undefined &&
    !removed.includes(pod) &&
    revisionOf(pod) === revision.metadata.name;
  const isRunning = (pod: KubeObject): boolean => isReady(pod) && phaseOf(pod) === 'Running';
  const ready = count(isRunning);
  const updated = count(lasting(update));
  const available = count(
    (pod) => isRunning(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, now),
  );
  const isComplete =
    set.spec.updateStrategy.type === 'RollingUpdate' &&
    [updated, ready, pods.length].every((number) => number === set.spec.replicas);
  return {
    ...present({ observedGeneration: set.metadata.generation }),
    replicas: pods.length,
    ...present({
      readyReplicas: orAbsent(ready),
      currentReplicas: orAbsent(isComplete ? updated : count(lasting(current))),
      updatedReplicas: orAbsent(updated),
      currentRevision: isComplete ? update.metadata.name : current.metadata.name,
      updateRevision: update.metadata.name,
    }),
    collisionCount,
    availableReplicas: available,
  };
}

const phaseOf = (pod: KubeObject): unknown =>
  (pod['status'] as { phase?: string } | undefined)?.phase;

/** Revisions beyond the limit that neither the status nor a pod uses. */
function forgotten(
  { set, pods }: Members,
  history: History,
  { currentRevision }: StatefulSetStatus,
): Write[] {
  const used = new Set([currentRevision, ...pods.map(revisionOf)]);
  return truncation(
    history,
    ({ metadata }) => used.has(metadata.name),
    set.spec.revisionHistoryLimit,
  );
}
