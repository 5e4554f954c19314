// Which active pods a Job removes first: those that have made the least progress.
import type { KubeObject } from '../../kinds/pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { isIndexed } from '../../workloads/job/job.ts';
import type { JobSpec } from '../../workloads/job/job.ts';
import { isReady, readySince } from '../pod-states.ts';
import { phaseOf, validIndex } from './job-pods.ts';

const PHASES = ['Pending', 'Unknown', 'Running'];

/** The pods, first to be removed first. */
const ranked = (pods: readonly KubeObject[]): KubeObject[] => [...pods].sort(compare);

function compare(a: KubeObject, b: KubeObject): number {
  return (
    Number(isPlaced(a)) - Number(isPlaced(b)) ||
    PHASES.indexOf(phaseOf(a)) - PHASES.indexOf(phaseOf(b)) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    (readySince(b)?.getTime() ?? 0) - (readySince(a)?.getTime() ?? 0) ||
    mostRestarts(b) - mostRestarts(a) ||
    createdAt(b) - createdAt(a)
  );
}

const isPlaced = (pod: KubeObject): boolean => Boolean(toPod(pod).spec.nodeName);

const mostRestarts = (pod: KubeObject): number =>
  Math.max(
    0,
    ...(toPod(pod).status.containerStatuses ?? []).map(({ restartCount }) => restartCount),
  );

const createdAt = ({ metadata }: KubeObject): number =>
  Date.parse(metadata.creationTimestamp ?? '') || 0;

/** At least `count` of the pods; for an indexed Job also all without a valid index, and all but one of each index. */
export function podsToRemove(
  spec: JobSpec,
  active: readonly KubeObject[],
  count: number,
): KubeObject[] {
  const surplus = isIndexed(spec) ? surplusPods(spec, active) : [];
  const removed = new Set(surplus);
  const others = ranked(active.filter((pod) => !removed.has(pod)));
  return [...surplus, ...others.slice(0, Math.max(0, count - surplus.length))];
}

function surplusPods(spec: JobSpec, active: readonly KubeObject[]): KubeObject[] {
  const surplus: KubeObject[] = [];
  const seen = new Set<number>();
  // The last in the ranking is the one to keep.
  for (const pod of ranked(active).reverse()) {
    const index = validIndex(pod, spec);
    if (index === undefined || seen.has(index)) surplus.push(pod);
    else seen.add(index);
  }
  return surplus;
}
