// What the Job controller reads from a pod: whether it is counted, whether and when it failed, and its index.
import type { ContainerStatus, KubeObject } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { later } from '../../later.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import {
  FAILURE_COUNT,
  IGNORED_FAILURE_COUNT,
  INDEX_KEY,
  isIndexed,
  JOB_TRACKING,
} from '../../workloads/job/job.ts';
import type { Job, JobSpec } from '../../workloads/job/job.ts';

export const uidOf = ({ metadata }: KubeObject): string => metadata.uid ?? '';

export const phaseOf = (pod: KubeObject): string => toPod(pod).status.phase ?? '';

/** Whether the pod has the finalizer that keeps it until it is counted. */
export const isTracked = ({ metadata }: KubeObject): boolean =>
  metadata.finalizers?.includes(JOB_TRACKING) === true;

/** The pod without that finalizer. */
export function untracked(pod: KubeObject): KubeObject {
  const { finalizers = [], ...metadata } = pod.metadata;
  const left = finalizers.filter((finalizer) => finalizer !== JOB_TRACKING);
  return { ...pod, metadata: left.length > 0 ? { ...metadata, finalizers: left } : metadata };
}

/** The pod with it. */
export const tracked = (pod: KubeObject): KubeObject =>
  isTracked(pod)
    ? pod
    : {
        ...pod,
        metadata: {
          ...pod.metadata,
          finalizers: [...(pod.metadata.finalizers ?? []), JOB_TRACKING],
        },
      };

function countIn({ metadata }: KubeObject, annotation: string): number | undefined {
  const text = own(metadata.annotations, annotation);
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** The completion index; undefined: none. */
export const indexOf = (pod: KubeObject): number | undefined => countIn(pod, INDEX_KEY);

/** Its index if that is one of the Job's; undefined: none, or the Job has become smaller. */
export function validIndex(pod: KubeObject, { completions = 0 }: JobSpec): number | undefined {
  const index = indexOf(pod);
  return index !== undefined && index < completions ? index : undefined;
}

/** Whether the pod may be counted: any pod of a Job without indexes, otherwise those with a valid index. */
export const isCountable = (pod: KubeObject, spec: JobSpec): boolean =>
  !isIndexed(spec) || validIndex(pod, spec) !== undefined;

/** How often the pod's index had failed before it. */
export const failuresBefore = (pod: KubeObject): { counted: number; ignored: number } => ({
  counted: countIn(pod, FAILURE_COUNT) ?? 0,
  ignored: countIn(pod, IGNORED_FAILURE_COUNT) ?? 0,
});

/** Whether terminating pods are replaced only once they have failed. */
export const replacesFailedOnly = ({ podReplacementPolicy, podFailurePolicy }: JobSpec): boolean =>
  podReplacementPolicy === 'Failed' || podFailurePolicy !== undefined;

/** Failed; a pod being deleted counts too, unless the Job waits for the end of such pods. */
export function hasFailed(pod: KubeObject, { spec }: Job): boolean {
  const phase = phaseOf(pod);
  if (phase === 'Failed') return true;
  return (
    !replacesFailedOnly(spec) &&
    pod.metadata.deletionTimestamp !== undefined &&
    phase !== 'Succeeded'
  );
}

/** When the pod ended: the end of its last container, else its loss of Ready, else its deletion request, else its creation. */
export function finishedAt(pod: KubeObject): Date {
  const { status, spec, metadata } = toPod(pod);
  const sidecars = new Set(
    (spec.initContainers ?? []).flatMap(({ name, restartPolicy }) =>
      restartPolicy === 'Always' ? [name] : [],
    ),
  );
  const ends = endsOf([
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ]);
  if (ends !== undefined) return ends;
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime)
    return new Date(ready.lastTransitionTime);
  if (metadata.deletionTimestamp !== undefined)
    return later(new Date(metadata.deletionTimestamp), -(metadata.deletionGracePeriodSeconds ?? 0));
  return new Date(metadata.creationTimestamp ?? 0);
}

/** The latest end; undefined if a container has none. */
function endsOf(statuses: readonly ContainerStatus[]): Date | undefined {
  const ends = statuses.map(({ state }) => state?.terminated?.finishedAt);
  if (ends.length === 0) return undefined;
  const times = ends.map((end) => (end ? Date.parse(end) : Number.NaN));
  return times.some(Number.isNaN) ? undefined : new Date(Math.max(...times));
}

/** Restarts over all its containers. */
export function restartsOf(pod: KubeObject): number {
  const { initContainerStatuses = [], containerStatuses = [] } = toPod(pod).status;
  return [...initContainerStatuses, ...containerStatuses].reduce(
    (sum, { restartCount }) => sum + restartCount,
    0,
  );
}
