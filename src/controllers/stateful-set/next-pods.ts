// What a StatefulSet does next with its pods: scaling before updating, and in order unless podManagementPolicy is Parallel
// (pkg/controller/statefulset/stateful_set_control.go).
import type { KubeObject } from '../../kinds/pod.ts';
import { ordinalOf, podName, REVISION_LABEL, statefulPod } from '../../workloads/stateful-pod.ts';
import type { StatefulSet } from '../../workloads/stateful-set.ts';
import { controllerReference } from '../claim.ts';
import type { World, Write } from '../controller.ts';
import { isTerminal } from '../pod-states.ts';
import { templateOf } from '../revisions.ts';
import { claimOwners, missingClaims } from './claims.ts';
import type { Members } from './members.ts';
import { isGoing, isHealthy, isUp } from './members.ts';

/** The writes of one pass. */
export function nextPods(members: Members, world: World): Write[] {
  const { set, pods } = members;
  const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
  const start = set.spec.ordinals?.start ?? 0;
  const ordinals = Array.from({ length: set.spec.replicas }, (_, index) => start + index);
  const at = (ordinal: number): KubeObject | undefined =>
    pods.find((pod) => ordinalOf(set, pod) === ordinal);
  const condemned = pods
    .filter((pod) => !ordinals.includes(ordinalOf(set, pod) ?? -1))
    .sort((left, right) => (ordinalOf(set, right) ?? 0) - (ordinalOf(set, left) ?? 0));
  const owners = claimOwners(members, condemned, world);

  const grown = growth(members, ordinals, at, isOrdered, world);
  if (grown.waits) return [...owners, ...grown.writes];
  const shrunk = shrinkage(members, condemned, isOrdered);
  if (shrunk.waits) return [...owners, ...shrunk.writes];
  return [...owners, ...grown.writes, ...shrunk.writes, ...replacement(members, ordinals, at)];
}

interface Step {
  writes: Write[];
  /** Nothing else may follow in this pass. */
  waits: boolean;
}

function growth(
  members: Members,
  ordinals: readonly number[],
  at: (ordinal: number) => KubeObject | undefined,
  isOrdered: boolean,
  world: World,
): Step {
  const writes: Write[] = [];
  let waits = false;
  for (const ordinal of ordinals) {
    const step = growOne(members, ordinal, at(ordinal), isOrdered, world);
    writes.push(...step.writes);
    waits ||= step.waits;
    if (step.waits && isOrdered) break;
  }
  return { writes, waits };
}

function growOne(
  members: Members,
  ordinal: number,
  pod: KubeObject | undefined,
  isOrdered: boolean,
  world: World,
): Step {
  if (pod === undefined) {
    const claims = missingClaims(members, ordinal, world);
    // A claim that is being deleted has the name that the new one needs.
    if (claims === 'in the way') return { writes: [], waits: true };
    return { writes: [...claims, creation(members, ordinal)], waits: isOrdered };
  }
  // It is created again when it is gone.
  if (isTerminal(pod)) return { writes: isGoing(pod) ? [] : [removal(members, pod)], waits: true };
  return { writes: [], waits: isOrdered && !isHealthy(members, pod) };
}

/** From the highest ordinal down, one at a time; while another pod is unhealthy, only the first such pod is deleted. */
function shrinkage(members: Members, condemned: readonly KubeObject[], isOrdered: boolean): Step {
  if (!isOrdered) {
    const going = condemned.filter((pod) => !isGoing(pod));
    return { writes: going.map((pod) => removal(members, pod)), waits: false };
  }
  const [highest] = condemned;
  if (highest === undefined) return { writes: [], waits: false };
  if (isGoing(highest)) return { writes: [], waits: true };
  const firstUnhealthy = [...condemned].reverse().find((pod) => !isHealthy(members, pod));
  const blocked = !isUp(members, highest) && highest !== firstUnhealthy;
  return { writes: blocked ? [] : [removal(members, highest)], waits: true };
}

/** A rolling update deletes the highest pod of another revision, and waits while a higher one is unhealthy. */
function replacement(
  members: Members,
  ordinals: readonly number[],
  at: (ordinal: number) => KubeObject | undefined,
): Write[] {
  const { set, update } = members;
  const { type, rollingUpdate } = set.spec.updateStrategy;
  if (type === 'OnDelete') return [];
  for (let index = ordinals.length - 1; index >= (rollingUpdate?.partition ?? 0); index--) {
    const pod = at(ordinals[index] ?? 0);
    if (pod === undefined) return [];
    const isOld = pod.metadata.labels?.[REVISION_LABEL] !== update.metadata.name;
    if (isOld && !isGoing(pod)) return [removal(members, pod)];
    if (!isHealthy(members, pod)) return [];
  }
  return [];
}

/** Below the partition, pods are created from the revision before the update. */
function creation({ set, owner, current, update }: Members, ordinal: number): Write {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  const start = set.spec.ordinals?.start ?? 0;
  const isKept = type === 'RollingUpdate' && ordinal < start + (rollingUpdate?.partition ?? 0);
  const revision = isKept ? current : update;
  const pod = statefulPod(set, ordinal, {
    template: revision === update ? set.spec.template : templateOf(revision),
    revision: revision.metadata.name ?? '',
  });
  const metadata = { ...pod.metadata, ownerReferences: [controllerReference(owner)] };
  return {
    verb: 'create',
    resource: 'pods',
    object: { ...pod, metadata },
    ...said('Create', podName(set, ordinal), set),
  };
}

const removal = ({ set }: Members, object: KubeObject): Write => ({
  verb: 'delete',
  resource: 'pods',
  object,
  ...said('Delete', object.metadata.name ?? '', set),
});

function said(
  verb: string,
  pod: string,
  { metadata }: StatefulSet,
): Pick<Write & { verb: 'create' }, 'done' | 'refused'> {
  const what = `${verb} Pod ${pod} in StatefulSet ${metadata.name ?? ''}`;
  return {
    done: { type: 'Normal', reason: `Successful${verb}`, message: `${what} successful` },
    refused: { type: 'Warning', reason: `Failed${verb}`, message: `${what} failed error: %error` },
  };
}
