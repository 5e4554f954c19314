// Which pods a set removes first: those whose end costs the least (pkg/controller/controller_utils.go, ActivePodsWithRanks).
import type { KubeObject, Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { toPod } from '../pod/model/to-pod.ts';
import { isReady, readySince } from './pod-states.ts';

const COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES = ['Pending', 'Unknown', 'Running'];

/**
 * The pods in order of removal. `related`: active pods that count for crowding on a node, e.g. those of all sets of one
 * Deployment.
 */
export function rankForRemoval(
  pods: readonly KubeObject[],
  related: readonly KubeObject[],
  now: Date,
): KubeObject[] {
  const crowds = new Map<string, number>();
  for (const pod of related) {
    const node = nodeOf(pod);
    crowds.set(node, (crowds.get(node) ?? 0) + 1);
  }
  const crowd = (pod: KubeObject): number => crowds.get(nodeOf(pod)) ?? 0;
  return [...pods].sort(
    (a, b) =>
      assigned(a) - assigned(b) ||
      phase(a) - phase(b) ||
      Number(isReady(a)) - Number(isReady(b)) ||
      cost(a) - cost(b) ||
      crowd(b) - crowd(a) ||
      younger(readySince(a), readySince(b), a, b, now) ||
      restarts(toPod(b)) - restarts(toPod(a)) ||
      younger(createdAt(a), createdAt(b), a, b, now),
  );
}

const nodeOf = (pod: KubeObject): string => toPod(pod).spec.nodeName ?? '';
const assigned = (pod: KubeObject): number => Number(nodeOf(pod) !== '');
const phase = (pod: KubeObject): number => PHASES.indexOf(toPod(pod).status.phase ?? '');

function cost({ metadata }: KubeObject): number {
  const text = own(metadata.annotations, COST) ?? '';
  return /^[+-]?\d+$/.test(text) ? Number(text) : 0;
}

const createdAt = ({ metadata }: KubeObject): Date | undefined =>
  metadata.creationTimestamp ? new Date(metadata.creationTimestamp) : undefined;

/** The maximum of restarts among the long-running containers. */
function restarts({ spec, status }: Pod): number {
  const sidecars = new Set(
    (spec.initContainers ?? []).flatMap(({ name, restartPolicy }) =>
      restartPolicy === 'Always' ? [name] : [],
    ),
  );
  return Math.max(
    0,
    ...(status.containerStatuses ?? []).map(({ restartCount }) => restartCount),
    ...(status.initContainerStatuses ?? []).map(({ name, restartCount }) =>
      sidecars.has(name) ? restartCount : 0,
    ),
  );
}

/** Ages are compared as powers of two, so that it is not always the youngest that goes; ties are broken by uid. */
function younger(
  a: Date | undefined,
  b: Date | undefined,
  { metadata: { uid: uidA = '' } }: KubeObject,
  { metadata: { uid: uidB = '' } }: KubeObject,
  now: Date,
): number {
  if (a === undefined || b === undefined || a.getTime() === b.getTime()) return 0;
  return magnitude(a, now) - magnitude(b, now) || (uidA < uidB ? -1 : 1);
}

const NANOSECONDS = 1_000_000;

function magnitude(at: Date, now: Date): number {
  const age = now.getTime() - at.getTime();
  return age > 0 ? Math.floor(Math.log2(age * NANOSECONDS)) : -1;
}
