// The Deployment controller: a ReplicaSet for each template version, and a rollout from the old sets to the new one
// (pkg/controller/deployment). Each pass goes as far as the stored statuses allow; a change to a ReplicaSet triggers the next.
import { isDeepStrictEqual } from 'node:util';
import { byKey } from '../../by-key.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { selects } from '../../pod/placement/selection.ts';
import { present } from '../../present.ts';
import { toDeployment } from '../../workloads/deployment.ts';
import type { Deployment, DeploymentStatus } from '../../workloads/deployment.ts';
import type { ReplicaSet } from '../../workloads/replica-set.ts';
import { toReplicaSet } from '../../workloads/replica-set.ts';
import { claim, isUncontrolled } from '../claim.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';
import { writeStatus } from '../status.ts';
import { hasDeadline, isRolling, keepsAllRevisions } from './limits.ts';
import {
  countedStatus,
  deadlineAt,
  isComplete,
  pauseStatus,
  progressOf,
  rolloutStatus,
  withProgress,
} from './progress.ts';
import { rollBack, rollbackTo } from './rollback.ts';
import type { Resize } from './rolling.ts';
import { newSetReplicas, oldPodsRun, shrinkOldSets } from './rolling.ts';
import { isScalingEvent, scaleSets } from './scaling.ts';
import {
  byAge,
  byRevision,
  createdAt,
  findNewSet,
  isActiveSet,
  newSetOf,
  resized,
  REVISION,
  revisionOf,
  SETS,
  updatedNewSet,
  wasReused,
} from './sets.ts';

const DEPLOYMENTS = 'deployments.apps';
const CREATE_ERROR = 'ReplicaSetCreateError';

export const deploymentController: Controller = {
  name: 'deployment-controller',
  resource: DEPLOYMENTS,
  reads: [SETS],
  mayConcern: isUncontrolled,
  concerns: (changed, objects) =>
    objects
      .filter((object) => selects(toDeployment(object).spec.selector, changed.metadata.labels))
      .map(({ metadata }) => metadata.name ?? ''),
  reconcile: (object, world, now) => new Pass(toDeployment(object), world, now).outcome(),
};

/** One pass: the sets and the Deployment as they will be, beside what is stored. */
class Pass {
  #deployment: Deployment;
  readonly #world: World;
  readonly #now: Date;
  readonly #writes: Write[];
  /** As they were read. */
  readonly #stored: readonly ReplicaSet[];
  #newSet: ReplicaSet | undefined;
  #oldSets: ReplicaSet[];

  constructor(deployment: Deployment, world: World, now: Date) {
    const { owned, writes } = claim(
      SETS,
      { apiVersion: 'apps/v1', kind: 'Deployment', object: deployment },
      (labels) => selects(deployment.spec.selector, labels),
      world.list(SETS),
    );
    this.#deployment = deployment;
    this.#world = world;
    this.#now = now;
    this.#writes = writes;
    this.#stored = owned.map(toReplicaSet);
    this.#newSet = findNewSet(deployment, this.#stored);
    this.#oldSets = this.#stored.filter((set) => set !== this.#newSet);
  }

  outcome(): Outcome {
    const { metadata, spec } = this.#deployment;
    const revision = rollbackTo(this.#deployment);
    if (metadata.deletionTimestamp !== undefined) return this.#end(this.#counted());
    this.#say(pauseStatus(this.#deployment, this.#now));
    if (spec.paused !== true && revision !== undefined) {
      this.#writes.push(...rollBack(this.#deployment, this.#stored, revision));
      return { writes: this.#writes };
    }
    this.#adoptNewSet();
    if (spec.paused === true || isScalingEvent(this.#deployment, this.#sets)) {
      this.#resize(scaleSets(this.#deployment, this.#newSet, this.#oldSets));
      if (spec.paused === true) this.#cleanUp();
      return this.#end(this.#counted());
    }
    return isRolling(this.#deployment) ? this.#roll() : this.#recreate();
  }

  get #sets(): ReplicaSet[] {
    return this.#newSet === undefined ? this.#oldSets : [...this.#oldSets, this.#newSet];
  }

  #counted(): DeploymentStatus {
    return countedStatus({
      deployment: this.#deployment,
      newSet: this.#newSet,
      oldSets: this.#oldSets,
      now: this.#now,
    });
  }

  #roll(): Outcome {
    if (this.#newSet === undefined) return this.#create();
    const target = newSetReplicas(this.#deployment, this.#newSet, this.#oldSets);
    if (this.#resize([[this.#newSet, target]])) return this.#rolled();
    if (this.#resize(shrinkOldSets(this.#deployment, this.#newSet, this.#oldSets)))
      return this.#rolled();
    return this.#settled();
  }

  #recreate(): Outcome {
    if (this.#resize(this.#oldSets.filter(isActiveSet).map((set): Resize => [set, 0])))
      return this.#rolled();
    if (oldPodsRun(this.#oldSets)) return this.#rolled();
    if (this.#newSet === undefined) return this.#create();
    this.#resize([[this.#newSet, this.#deployment.spec.replicas]]);
    return this.#settled();
  }

  #settled(): Outcome {
    if (isComplete(this.#deployment, this.#deployment.status)) this.#cleanUp();
    return this.#rolled();
  }

  #rolled(): Outcome {
    const status = rolloutStatus({
      deployment: this.#deployment,
      newSet: this.#newSet,
      oldSets: this.#oldSets,
      now: this.#now,
    });
    return {
      ...this.#end(status),
      ...present({ requeueAt: deadlineAt(this.#deployment, status) }),
    };
  }

  /** The sets' writes, then the status. */
  #end(status: DeploymentStatus): Outcome {
    return {
      writes: [
        ...this.#writes,
        ...this.#sets.flatMap((set) => this.#update(set)),
        ...writeStatus(DEPLOYMENTS, this.#deployment, status),
      ],
    };
  }

  /** A status that is stored before the pass goes on, so that clients see it. */
  #say(status: DeploymentStatus | undefined, revision?: bigint): void {
    if (status === undefined) return;
    const { metadata } = this.#deployment;
    const annotations = byKey({
      ...metadata.annotations,
      ...present({ [REVISION]: revision?.toString() }),
    });
    this.#deployment = {
      ...this.#deployment,
      metadata: revision === undefined ? metadata : { ...metadata, annotations },
      status,
    };
    // One write holds everything: a second one would start from the first and drop the annotations.
    const said = this.#writes.findIndex(({ verb }) => verb === 'updateStatus');
    if (said >= 0) this.#writes.splice(said, 1);
    this.#writes.push({
      verb: 'updateStatus',
      resource: DEPLOYMENTS,
      object: this.#deployment,
    });
  }

  /** What the new set must carry, and its revision on the Deployment. */
  #adoptNewSet(): void {
    const set = this.#newSet;
    if (set === undefined) return;
    this.#newSet = updatedNewSet(this.#deployment, set, this.#oldSets);
    const revision = revisionOf(this.#newSet);
    const isNew = revisionOf(this.#deployment) !== revision;
    const isFirst = progressOf(this.#deployment) === undefined && hasDeadline(this.#deployment);
    if (!isNew && !isFirst) return;
    this.#say(this.#foundStatus(this.#newSet, isFirst), revision);
  }

  /** The only progress that a paused Deployment reports is the pause. */
  #foundStatus(set: ReplicaSet, isFirst: boolean): DeploymentStatus {
    if (this.#deployment.spec.paused === true) return this.#deployment.status;
    const name = set.metadata.name ?? '';
    const isMade = !wasReused(set) && createdAt(this.#deployment) <= createdAt(set);
    if (isMade && hasDeadline(this.#deployment))
      return withProgress(
        this.#deployment,
        'True',
        'NewReplicaSetCreated',
        `Created new replica set "${name}"`,
        this.#now,
      );
    return isFirst
      ? withProgress(
          this.#deployment,
          'True',
          'FoundNewReplicaSet',
          `Found new replica set "${name}"`,
          this.#now,
        )
      : this.#deployment.status;
  }

  /** Records the new sizes; returns true if one changes. */
  #resize(sizes: readonly Resize[]): boolean {
    const next = new Map(
      sizes.map(([set, replicas]) => [set, resized(this.#deployment, set, replicas)]),
    );
    if (this.#newSet !== undefined) this.#newSet = next.get(this.#newSet) ?? this.#newSet;
    this.#oldSets = this.#oldSets.map((set) => next.get(set) ?? set);
    return sizes.some(([set, replicas]) => set.spec.replicas !== replicas);
  }

  #update(set: ReplicaSet): Write[] {
    const stored = this.#stored.find(({ metadata }) => metadata.uid === set.metadata.uid);
    if (stored === undefined || isDeepStrictEqual(stored, set)) return [];
    const [from, to] = [stored.spec.replicas, set.spec.replicas];
    const way = to > from ? 'up' : 'down';
    return [
      {
        verb: 'update',
        resource: SETS,
        object: set,
        ...(from !== to && { done: scaled(way, from, to) }),
      },
    ];
  }

  /** Creates the new set; its creation triggers the pass that goes on. */
  #create(): Outcome {
    const made = newSetOf(this.#deployment, this.#oldSets);
    const name = made.metadata.name ?? '';
    const refused = this.#world.refused.find(
      ({ write }) => write.verb === 'create' && write.resource === SETS,
    );
    const isTaken =
      refused?.reason === 'AlreadyExists' ||
      this.#world.list(SETS).some(({ metadata }) => metadata.name === name);
    if (isTaken) {
      const { status } = this.#deployment;
      return this.#end({ ...status, collisionCount: (status.collisionCount ?? 0) + 1 });
    }
    if (refused !== undefined) return this.#end(this.#refusedStatus(name, refused.message));
    const replicas = newSetReplicas(this.#deployment, made, this.#oldSets);
    const object = resized(this.#deployment, made, replicas);
    const { writes } = this.#end(this.#deployment.status);
    return { writes: [...writes, creation(object)] };
  }

  #refusedStatus(name: string, error: string): DeploymentStatus {
    return hasDeadline(this.#deployment)
      ? withProgress(
          this.#deployment,
          'False',
          CREATE_ERROR,
          `Failed to create new replica set "${name}": ${error}`,
          this.#now,
        )
      : this.#deployment.status;
  }

  /** Deletes old sets beyond the limit, the lowest revision first. */
  #cleanUp(): void {
    const { revisionHistoryLimit } = this.#deployment.spec;
    if (keepsAllRevisions(this.#deployment)) return;
    const alive = this.#oldSets.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const surplus = [...alive]
      .sort((a, b) => byRevision(a, b) || byAge(a, b))
      .slice(0, Math.max(0, alive.length - revisionHistoryLimit));
    for (const set of surplus)
      if (isIdle(set)) this.#writes.push({ verb: 'delete', resource: SETS, object: set });
  }
}

const isIdle = ({ metadata, spec, status }: ReplicaSet): boolean =>
  spec.replicas === 0 &&
  status.replicas === 0 &&
  (metadata.generation ?? 0) <= (status.observedGeneration ?? 0);

const scaled = (
  way: 'up' | 'down',
  from: number,
  to: number,
): { type: 'Normal'; reason: string; message: string } => ({
  type: 'Normal',
  reason: 'ScalingReplicaSet',
  message: `Scaled ${way} replica set %name from ${from} to ${to}`,
});

const creation = (object: ReplicaSet): Write => ({
  verb: 'create',
  resource: SETS,
  object: object as KubeObject,
  ...(object.spec.replicas > 0 && { done: scaled('up', 0, object.spec.replicas) }),
  refused: {
    type: 'Warning',
    reason: CREATE_ERROR,
    message: 'Failed to create new replica set "%name": %error',
  },
});
