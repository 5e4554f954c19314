// PodDisruptionBudgets' status: how many of the pods may be evicted now (pkg/controller/disruption).
import { byKey } from '../by-key.ts';
import type { KubeObject } from '../kinds/pod.ts';
import { own, setOwn } from '../own.ts';
import { selects } from '../pod/placement/selection.ts';
import { present } from '../present.ts';
import type { BudgetStatus, DisruptionBudget } from '../workloads/disruption-budget.ts';
import { toBudget, withAllowance } from '../workloads/disruption-budget.ts';
import { shareOf } from '../workloads/int-or-percent.ts';
import { controllerOf } from './claim.ts';
import type { Controller, Outcome, World, Write } from './controller.ts';
import { isReady } from './pod-states.ts';
import { writeStatus } from './status.ts';

const BUDGETS = 'poddisruptionbudgets.policy';
/** An evicted pod that is not deleted within this time counts again. */
const DISRUPTED_MS = 2 * 60 * 1000;

/** Kinds with a scale, and their resources. */
const SCALED = {
  ReplicationController: 'replicationcontrollers',
  ReplicaSet: 'replicasets.apps',
  Deployment: 'deployments.apps',
  StatefulSet: 'statefulsets.apps',
} as const;

export const disruptionController: Controller = {
  name: 'controllermanager',
  resource: BUDGETS,
  reads: ['pods', ...Object.values(SCALED)],
  // A workload's scale may concern any budget.
  concerns: (changed, budgets) =>
    budgets
      .filter(
        (budget) =>
          !isPod(changed) || selects(toBudget(budget).spec.selector, changed.metadata.labels),
      )
      .map(({ metadata }) => metadata.name ?? ''),
  reconcile,
};

const isPod = ({ spec }: KubeObject): boolean =>
  Array.isArray((spec as { containers?: unknown } | undefined)?.containers);

function reconcile(object: KubeObject, world: World, now: Date): Outcome {
  const budget = toBudget(object);
  const { selector } = budget.spec;
  const pods = world.list('pods').filter(({ metadata }) => selects(selector, metadata.labels));
  const scale = scaleOf(budget, pods, world);
  if ('failure' in scale) return failed(budget, object, scale.failure, now);
  const disrupted = stillDisrupted(budget, pods, now);
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      own(disrupted, pod.metadata.name ?? '') === undefined &&
      isReady(pod),
  ).length;
  const spare = scale.expected > 0 ? Math.max(0, healthy - scale.desired) : 0;
  const status: BudgetStatus = {
    ...present({
      observedGeneration: object.metadata.generation,
      disruptedPods: Object.keys(disrupted).length > 0 ? disrupted : undefined,
    }),
    disruptionsAllowed: spare,
    currentHealthy: healthy,
    desiredHealthy: scale.desired,
    expectedPods: scale.expected,
    ...present({ conditions: budget.status.conditions }),
  };
  const conditions = withAllowance({ ...budget, status }, now);
  const written = writeStatus(BUDGETS, object, { ...status, conditions });
  const requeueAt = nextEnd(disrupted);
  return {
    writes: [
      ...(written.length > 0 ? announcements(budget, pods, scale.unmanaged) : []),
      ...written,
    ],
    ...present({ requeueAt }),
  };
}

interface Scale {
  expected: number;
  desired: number;
  /** Whether the numbers leave out pods without a controller. */
  unmanaged: boolean;
}

/** How many pods are expected, and how many of them must be healthy. */
function scaleOf(
  { spec: { minAvailable, maxUnavailable } }: DisruptionBudget,
  pods: readonly KubeObject[],
  world: World,
): Scale | { failure: string } {
  if (typeof minAvailable === 'number')
    return { expected: pods.length, desired: minAvailable, unmanaged: false };
  if (minAvailable === undefined && maxUnavailable === undefined)
    return { expected: 0, desired: 0, unmanaged: false };
  const replicas = replicasOf(pods, world);
  if (typeof replicas === 'string') return { failure: replicas };
  const unmanaged = pods.some((pod) => controllerOf(pod) === undefined);
  const desired =
    maxUnavailable === undefined
      ? shareOf(minAvailable ?? 0, replicas, 'up')
      : Math.max(0, replicas - shareOf(maxUnavailable, replicas, 'up'));
  return { expected: replicas, desired, unmanaged };
}

/** The replicas of all workloads that control one of the pods; a text: why they cannot be determined. */
function replicasOf(pods: readonly KubeObject[], world: World): number | string {
  const counted = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) continue;
    const resource = own<string>(SCALED, owner.kind);
    if (resource === undefined)
      return `${owner.kind.toLowerCase()}s.${owner.apiVersion.split('/')[0] ?? ''} does not implement the scale subresource`;
    const workload = world.list(resource).find(({ metadata }) => metadata.uid === owner.uid);
    if (workload === undefined) return `found no controllers for pod "${pod.metadata.name ?? ''}"`;
    const top = deploymentOf(workload, world) ?? workload;
    counted.set(top.metadata.uid ?? '', specReplicas(top));
  }
  return [...counted.values()].reduce((sum, replicas) => sum + replicas, 0);
}

const deploymentOf = (set: KubeObject, world: World): KubeObject | undefined =>
  world
    .list(SCALED.Deployment)
    .find(({ metadata }) => metadata.uid !== undefined && metadata.uid === controllerOf(set)?.uid);

const specReplicas = ({ spec }: KubeObject): number =>
  (spec as { replicas?: number } | undefined)?.replicas ?? 1;

/** Evictions in progress: the pod exists and is not being deleted yet. */
function stillDisrupted(
  { status }: DisruptionBudget,
  pods: readonly KubeObject[],
  now: Date,
): Record<string, string> {
  const disrupted: Record<string, string> = {};
  for (const { metadata } of pods) {
    const since = own(status.disruptedPods, metadata.name ?? '');
    const isOver = since === undefined || new Date(since).getTime() + DISRUPTED_MS <= now.getTime();
    if (!isOver && metadata.deletionTimestamp === undefined)
      setOwn(disrupted, metadata.name ?? '', since);
  }
  return disrupted;
}

function nextEnd(disrupted: Record<string, string>): Date | undefined {
  const times = Object.values(disrupted).map((since) => new Date(since).getTime() + DISRUPTED_MS);
  return times.length > 0 ? new Date(Math.min(...times)) : undefined;
}

function announcements(
  { spec: { selector } }: DisruptionBudget,
  pods: readonly KubeObject[],
  unmanaged: boolean,
): Write[] {
  if (pods.length === 0)
    return [{ verb: 'event', type: 'Normal', reason: 'NoPods', message: 'No matching pods found' }];
  if (!unmanaged) return [];
  const message = `Pods selected by this PodDisruptionBudget (selector: ${selectorText(selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
  return [{ verb: 'event', type: 'Warning', reason: 'UnmanagedPods', message }];
}

/** A selector as Go prints it. */
function selectorText(selector: DisruptionBudget['spec']['selector']): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(byKey({ ...selector.matchLabels })).map(
    ([key, value]) => `${key}: ${value},`,
  );
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

/** Nothing may be evicted while the expected number of pods is unknown. */
function failed(budget: DisruptionBudget, object: KubeObject, failure: string, now: Date): Outcome {
  const status = { ...budget.status, disruptionsAllowed: 0 };
  const conditions = withAllowance({ ...budget, status }, now, failure);
  const written = writeStatus(BUDGETS, object, { ...status, conditions });
  const said: Write = {
    verb: 'event',
    type: 'Warning',
    reason: 'CalculateExpectedPodCountFailed',
    message: `Failed to calculate the number of expected pods: ${failure}`,
  };
  return { writes: written.length > 0 ? [said, ...written] : [] };
}
