// A DaemonSet's rolling update: old pods go first or, with a surge, new ones come first (pkg/controller/daemon/update.go).
import type { KubeObject } from '../../kinds/pod.ts';
import { shareOf } from '../../workloads/int-or-percent.ts';
import { isAvailable } from '../pod-states.ts';
import { isUpdated } from './manage.ts';
import type { Members, Plan } from './manage.ts';
import { present } from '../../present.ts';

type Pods = { fresh?: KubeObject; old?: KubeObject } | 'too many';

/** The pods to delete and the nodes to get another one now. */
export function rollingUpdate(members: Members): Pick<Plan, 'wanted' | 'removed'> {
  const { set, nodes, pods } = members;
  const wanting = nodes.filter(({ runs }) => runs).map(({ node }) => node.metadata.name ?? '');
  const { maxSurge = 0, maxUnavailable = 1 } = set.spec.updateStrategy.rollingUpdate ?? {};
  const surge = shareOf(maxSurge, wanting.length, 'up');
  const unavailable = shareOf(maxUnavailable, wanting.length, 'up');
  const states = new Map(
    [...new Set([...wanting, ...pods.keys()])].map((node) => [
      node,
      podsOn(members, pods.get(node) ?? []),
    ]),
  );
  return surge > 0
    ? surging(members, states, surge)
    : { removed: replaced(members, [...states.values()], Math.max(1, unavailable)), wanted: [] };
}

/** The new and the old pod of a node; pods that are being deleted count as gone. */
function podsOn(members: Members, pods: readonly KubeObject[]): Pods {
  const lasting = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const [fresh, secondFresh] = lasting.filter((pod) => isUpdated(members, pod));
  const [old, secondOld] = lasting.filter((pod) => !isUpdated(members, pod));
  if (secondFresh || secondOld) return 'too many';
  return present({ fresh, old });
}

const isUp = ({ set, now }: Members, pod: KubeObject): boolean =>
  isAvailable(pod, set.spec.minReadySeconds ?? 0, now);

/** Old pods that are unavailable anyway, and as many of the others as may be unavailable. */
function replaced(members: Members, states: readonly Pods[], most: number): KubeObject[] {
  const broken: KubeObject[] = [];
  const candidates: KubeObject[] = [];
  let missing = 0;
  for (const pods of states) {
    const { fresh, old } = pods === 'too many' ? {} : pods;
    if (old && !fresh) (isUp(members, old) ? candidates : broken).push(old);
    else if (old || !fresh || !isUp(members, fresh)) missing += 1;
  }
  return [...broken, ...candidates.slice(0, Math.max(0, most - missing))];
}

function surging(
  members: Members,
  states: ReadonlyMap<string, Pods>,
  most: number,
): Pick<Plan, 'wanted' | 'removed'> {
  const removed: KubeObject[] = [];
  const allowed: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  for (const [node, pods] of states) {
    if (pods === 'too many') surging += 1;
    else if (pods.old && !pods.fresh) (isUp(members, pods.old) ? candidates : allowed).push(node);
    else if (pods.old && pods.fresh) {
      if (isUp(members, pods.fresh)) removed.push(pods.old);
      else surging += 1;
    }
  }
  return { removed, wanted: [...allowed, ...candidates.slice(0, Math.max(0, most - surging))] };
}
