// The ReplicaSet and ReplicationController controllers: keep the requested number of active pods (pkg/controller/replicaset).
import type { KubeObject } from '../kinds/pod.ts';
import type { LabelSelector } from '../pod/placement/selection.ts';
import { selects } from '../pod/placement/selection.ts';
import { present } from '../present.ts';
import type { ReplicaStatus } from '../workloads/replica-set.ts';
import { statusOf, toReplicaSet } from '../workloads/replica-set.ts';
import { toReplicationController } from '../workloads/replication-controller.ts';
import { childPod } from './child-pod.ts';
import type { Owner } from './claim.ts';
import { claim, controllerOf, isUncontrolled } from './claim.ts';
import type { Controller, Outcome, Refused, World, Write } from './controller.ts';
import {
  isActive,
  isAvailable,
  isReady,
  isTerminal,
  isTerminating,
  nextAvailableAt,
} from './pod-states.ts';
import { rankForRemoval } from './ranking.ts';
import {
  conditionOf,
  newCondition,
  orAbsent,
  withCondition,
  withoutCondition,
  writeStatus,
} from './status.ts';

/** The maximum that kube-controller-manager creates or deletes at once. */
const BURST = 500;
const FAILURE = 'ReplicaFailure';

/** What both kinds have in common. */
interface ReplicaSpec {
  replicas: number;
  minReadySeconds: number;
  selector: LabelSelector | undefined;
  template: Parameters<typeof childPod>[1];
}

interface Kind {
  controller: string;
  resource: string;
  apiVersion: string;
  kind: string;
  spec(object: KubeObject): ReplicaSpec;
  /** Only ReplicaSets count terminating pods. */
  countsTerminating: boolean;
  /** Active pods that count for crowding on a node, besides the set's own. */
  related(object: KubeObject, world: World): (pod: KubeObject) => boolean;
}

const SETS = 'replicasets.apps';

export const replicaSetController: Controller = controllerFor({
  controller: 'replicaset-controller',
  resource: SETS,
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  spec: (object) => {
    const { replicas, minReadySeconds = 0, selector, template } = toReplicaSet(object).spec;
    return { replicas, minReadySeconds, selector, template };
  },
  countsTerminating: true,
  related: (object, world) => {
    const controller = controllerOf(object)?.uid;
    const sets = new Set(
      world
        .list(SETS)
        .filter((set) => controller !== undefined && controllerOf(set)?.uid === controller)
        .map(({ metadata }) => metadata.uid),
    );
    return (pod) => {
      const uid = controllerOf(pod)?.uid;
      return uid === object.metadata.uid || sets.has(uid);
    };
  },
});

export const replicationController: Controller = controllerFor({
  controller: 'replication-controller',
  resource: 'replicationcontrollers',
  apiVersion: 'v1',
  kind: 'ReplicationController',
  spec: (object) => {
    const {
      replicas,
      minReadySeconds = 0,
      selector,
      template,
    } = toReplicationController(object).spec;
    return {
      replicas,
      minReadySeconds,
      selector: { matchLabels: selector ?? {} },
      template: template ?? {},
    };
  },
  countsTerminating: false,
  related: (object) => (pod) => controllerOf(pod)?.uid === object.metadata.uid,
});

function controllerFor(kind: Kind): Controller {
  return {
    name: kind.controller,
    resource: kind.resource,
    reads: kind.resource === SETS ? ['pods', SETS] : ['pods'],
    mayConcern: isUncontrolled,
    concerns: (changed, objects) => adopters(kind, changed, objects),
    reconcile: (object, world, now) => reconcile(kind, object, world, now),
  };
}

/** The sets that may adopt an object without a controller. */
const adopters = (kind: Kind, { metadata }: KubeObject, objects: readonly KubeObject[]): string[] =>
  objects
    .filter((object) => selects(kind.spec(object).selector, metadata.labels))
    .map((object) => object.metadata.name ?? '');

function reconcile(kind: Kind, object: KubeObject, world: World, now: Date): Outcome {
  const { apiVersion, resource } = kind;
  const owner: Owner = { apiVersion, kind: kind.kind, object };
  const spec = kind.spec(object);
  // Ended pods are replaced and left as they are: not counted, adopted or released.
  const { owned, writes } = claim(
    'pods',
    owner,
    (labels) => selects(spec.selector, labels),
    world.list('pods').filter((pod) => !isTerminal(pod)),
  );
  const active = owned.filter(isActive);
  const isEnding = object.metadata.deletionTimestamp !== undefined;
  const missing = isEnding ? 0 : spec.replicas - active.length;
  const going = missing < 0 ? surplus(kind, object, active, -missing, world, now) : [];
  // Pods removed in this pass count as terminating at once.
  const kept = active.filter((pod) => !going.includes(pod));
  const terminating = owned.filter(isTerminating).length + going.length;
  const status = nextStatus(kind, {
    ...{ object, kept, terminating, spec, missing, now },
    refused: world.refused,
  });
  const requeueAt = nextAvailableAt(kept, spec.minReadySeconds, now);
  return {
    writes: [
      ...writes,
      ...creations(owner, spec, missing),
      ...going.map(removal),
      ...writeStatus(resource, object, status),
    ],
    ...present({ requeueAt }),
  };
}

const creations = (owner: Owner, { template }: ReplicaSpec, missing: number): Write[] =>
  Array.from({ length: Math.max(0, Math.min(missing, BURST)) }, () => ({
    verb: 'create',
    resource: 'pods',
    object: childPod(owner, template),
    done: { type: 'Normal', reason: 'SuccessfulCreate', message: 'Created pod: %name' },
    refused: { type: 'Warning', reason: 'FailedCreate', message: 'Error creating: %error' },
  }));

/** The surplus pods, those first whose end costs the least. */
function surplus(
  kind: Kind,
  object: KubeObject,
  active: readonly KubeObject[],
  count: number,
  world: World,
  now: Date,
): KubeObject[] {
  const isRelated = kind.related(object, world);
  const related = world.list('pods').filter((pod) => isActive(pod) && isRelated(pod));
  return rankForRemoval(active, related, now).slice(0, Math.min(count, BURST));
}

const removal = (object: KubeObject): Write => ({
  verb: 'delete',
  resource: 'pods',
  object,
  done: { type: 'Normal', reason: 'SuccessfulDelete', message: 'Deleted pod: %name' },
  refused: { type: 'Warning', reason: 'FailedDelete', message: 'Error deleting: %error' },
});

interface Seen {
  object: KubeObject;
  /** Active pods that stay. */
  kept: readonly KubeObject[];
  terminating: number;
  spec: ReplicaSpec;
  missing: number;
  refused: readonly Refused[];
  now: Date;
}

function nextStatus(kind: Kind, seen: Seen): ReplicaStatus {
  const { object, kept, terminating, spec, now } = seen;
  const count = (holds: (pod: KubeObject) => boolean): number | undefined =>
    orAbsent(kept.filter(holds).length);
  const { labels = {} } = spec.template.metadata ?? {};
  const conditions = nextConditions(seen);
  return {
    replicas: kept.length,
    ...present({
      fullyLabeledReplicas: count((pod) => selects({ matchLabels: labels }, pod.metadata.labels)),
      readyReplicas: count(isReady),
      availableReplicas: count((pod) => isAvailable(pod, spec.minReadySeconds, now)),
      terminatingReplicas: kind.countsTerminating ? terminating : undefined,
      observedGeneration: object.metadata.generation,
      conditions: conditions.length > 0 ? conditions : undefined,
    }),
  };
}

/** A failure is reported until no pod is missing: a retry may be refused again. */
function nextConditions({ object, missing, refused, now }: Seen): ReturnType<typeof withCondition> {
  const { conditions } = statusOf(object);
  const failure = refused.find(({ write: { verb } }) => verb === 'create' || verb === 'delete');
  if (failure !== undefined) {
    if (conditionOf(conditions, FAILURE) !== undefined) return [...(conditions ?? [])];
    const reason = failure.write.verb === 'create' ? 'FailedCreate' : 'FailedDelete';
    return withCondition(conditions, newCondition(FAILURE, 'True', reason, failure.message, now));
  }
  return missing === 0 ? withoutCondition(conditions, FAILURE) : [...(conditions ?? [])];
}
