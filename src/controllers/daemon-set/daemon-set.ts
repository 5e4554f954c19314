// The DaemonSet controller: a pod on every node that should have one (pkg/controller/daemon).
import type { KubeObject } from '../../kinds/pod.ts';
import { selects } from '../../pod/placement/selection.ts';
import { present } from '../../present.ts';
import type { DaemonSetStatus } from '../../workloads/daemon-set.ts';
import { TEMPLATE_GENERATION, toDaemonSet } from '../../workloads/daemon-set.ts';
import type { Owner } from '../claim.ts';
import { claim, isUncontrolled } from '../claim.ts';
import { childPod } from '../child-pod.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';
import { isAvailable, isReady, nextAvailableAt } from '../pod-states.ts';
import { hashOf, historyOf, REVISIONS, truncation } from '../revisions.ts';
import { orAbsent, writeStatus } from '../status.ts';
import { isUpdated, manage } from './manage.ts';
import type { Members, Plan } from './manage.ts';
import { isWanted, podsByNode, specOn } from './node-pods.ts';
import { rollingUpdate } from './rolling-update.ts';

const SETS = 'daemonsets.apps';
const HASH = 'controller-revision-hash';
const BURST = 250;

export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  resource: SETS,
  reads: ['pods', 'nodes', REVISIONS],
  // A node has no namespace and concerns every DaemonSet.
  mayConcern: isUncontrolled,
  concerns: (changed, sets) =>
    (changed.metadata.namespace === undefined
      ? sets
      : sets.filter((set) => selects(toDaemonSet(set).spec.selector, changed.metadata.labels))
    ).map(({ metadata }) => metadata.name ?? ''),
  reconcile,
};

function reconcile(object: KubeObject, world: World, now: Date): Outcome {
  const set = toDaemonSet(object);
  const owner: Owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', object };
  const isEnding = object.metadata.deletionTimestamp !== undefined;
  const { selector, template, minReadySeconds = 0, revisionHistoryLimit } = set.spec;
  const { owned, writes } = claim(
    'pods',
    owner,
    (labels) => selects(selector, labels),
    world.list('pods'),
  );
  const { collisionCount } = set.status;
  const history = historyOf(
    { owner, selector, template, hashLabel: HASH, collisionCount: collisionCount ?? 0 },
    world,
  );
  const members: Members = {
    set,
    nodes: world.list('nodes').map((node) => ({ node, ...isWanted(set, node) })),
    pods: podsByNode(owned),
    hash: hashOf(history.update, HASH),
    now,
  };
  const plan = isEnding ? undefined : planOf(members);
  const requeueAt = earliest([nextAvailableAt(owned, minReadySeconds, now), plan?.again]);
  const isUsed = ({ metadata }: KubeObject): boolean =>
    owned.some((pod) => pod.metadata.labels?.[HASH] === metadata.labels?.[HASH]);
  return {
    writes: [
      ...writes,
      ...(plan === undefined ? [] : [...history.writes, ...carriedOut(members, owner, plan)]),
      ...writeStatus(SETS, object, nextStatus(members, history.collisionCount)),
      ...(isEnding ? [] : truncation(history, isUsed, revisionHistoryLimit)),
    ],
    ...present({ requeueAt }),
  };
}

const earliest = (times: readonly (Date | undefined)[]): Date | undefined =>
  times.reduce((first, time) => (!first || (time && time < first) ? time : first), undefined);

/** Missing and surplus pods come first; the update continues once there are none. */
function planOf(members: Members): Plan {
  const plan = manage(members);
  const isIdle = plan.removed.length + plan.wanted.length === 0;
  return isIdle && members.set.spec.updateStrategy.type === 'RollingUpdate'
    ? { ...plan, ...rollingUpdate(members) }
    : plan;
}

function carriedOut({ set, hash }: Members, owner: Owner, plan: Plan): Write[] {
  const { template } = set.spec;
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION];
  const labels = {
    ...template.metadata.labels,
    [HASH]: hash,
    ...present({ 'pod-template-generation': generation }),
  };
  return [
    ...plan.events,
    ...plan.wanted.slice(0, BURST).map((node): Write => ({
      verb: 'create',
      resource: 'pods',
      object: childPod(owner, {
        metadata: { ...template.metadata, labels },
        spec: specOn(set, node),
      }),
      done: { type: 'Normal', reason: 'SuccessfulCreate', message: 'Created pod: %name' },
      refused: { type: 'Warning', reason: 'FailedCreate', message: 'Error creating: %error' },
    })),
    ...plan.removed.slice(0, BURST).map((object): Write => ({
      verb: 'delete',
      resource: 'pods',
      object,
      done: { type: 'Normal', reason: 'SuccessfulDelete', message: 'Deleted pod: %name' },
      refused: { type: 'Warning', reason: 'FailedDelete', message: 'Error deleting: %error' },
    })),
  ];
}

function nextStatus(members: Members, collisionCount: number): DaemonSetStatus {
  const { set, nodes, pods, now } = members;
  const firstOn = ({ node }: Members['nodes'][number]): KubeObject | undefined =>
    pods.get(node.metadata.name ?? '')?.[0];
  const wanted = nodes.filter(({ runs }) => runs);
  const scheduled = wanted.flatMap((node) => firstOn(node) ?? []);
  const ready = scheduled.filter(isReady);
  const available = ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now));
  return {
    currentNumberScheduled: scheduled.length,
    numberMisscheduled: nodes.filter((node) => !node.runs && firstOn(node) !== undefined).length,
    desiredNumberScheduled: wanted.length,
    numberReady: ready.length,
    ...present({
      observedGeneration: set.metadata.generation,
      updatedNumberScheduled: orAbsent(scheduled.filter((pod) => isUpdated(members, pod)).length),
      numberAvailable: orAbsent(available.length),
      numberUnavailable: orAbsent(wanted.length - available.length),
      collisionCount: collisionCount > 0 ? collisionCount : set.status.collisionCount,
    }),
  };
}
