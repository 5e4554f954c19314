// The changes that Bind makes to a record: first the node, then the images once they are known.
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import type { PodEvent } from '../pod/events/pod-events.ts';
import type { ObservedContainer } from '../pod/run/observed.ts';
import { sizesOf } from '../pod/status/allocation.ts';
import type { ImageConfig } from '../ports/images.ts';
import type { Settings } from '../ports/settings.ts';
import { sizeText } from '../fargate/size.ts';
import { present } from '../present.ts';
import { changeContainers } from './change-container.ts';
import { executionName, inCharge } from './execution-name.ts';
import { countingRuns } from './hand-over.ts';
import type { PodRecord } from './record.ts';
import { withTask } from './with-task.ts';

/** The record once its execution has reported: the execution need not be started any more, and it goes by `revision`. */
export function begun(record: PodRecord, revision: string | undefined, now: Date): PodRecord {
  const { toStart: _toStart, ...generation } = record.generation;
  return {
    ...record,
    generation: {
      ...generation,
      at: generation.at ?? now.toISOString(),
      ...present({ revision }),
    },
  };
}

/** The record of a pod that fits no node; without a message no reason has been reported. */
export function unplaced(
  record: PodRecord,
  message: string | undefined,
  byPods = false,
): PodRecord {
  const { unscheduled: _past, ...observed } = record.observed;
  return {
    ...countingRuns(record, 1),
    observed:
      message === undefined
        ? observed
        : {
            ...observed,
            unscheduled: {
              reason: 'Unschedulable',
              message,
              ...present({ byPods: byPods ? byPods : undefined }),
            },
          },
  };
}

const FIRST_SCHEDULING_MS = 1_000;
const LAST_SCHEDULING_MS = 300_000;

/** When an unscheduled pod is tried again: after a delay equal to its age, at most 5 minutes, as in the scheduler. */
export function nextScheduling(createdAt: string | undefined, now: Date): Date {
  const age = createdAt === undefined ? 0 : now.getTime() - Date.parse(createdAt);
  return new Date(now.getTime() + Math.min(Math.max(age, FIRST_SCHEDULING_MS), LAST_SCHEDULING_MS));
}

/** The size that Fargate provides and bills for the pod, beside what the pod asked for (EKS shows `CapacityProvisioned` likewise). */
const SIZE_ANNOTATION = 'droppod/fargate-size';

/** The execution in charge, so that users can find the pod's history. */
const EXECUTION_ANNOTATION = 'droppod/execution';

/** The pod with these annotations added to its own. */
const annotated = (pod: Pod, annotations: { [name: string]: string }): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } },
});

/** The pod with the name of the execution in charge. */
export const namingExecution = (pod: Pod, record: PodRecord): Pod =>
  annotated(pod, { [EXECUTION_ANNOTATION]: executionName(inCharge(record)) });

/** Pod and record once the pod has its node; times that are already set stay. */
export function placed(
  pod: Pod,
  record: PodRecord,
  { nodeName, nodeAddress }: Pick<Settings, 'nodeName' | 'nodeAddress'>,
  now: Date,
): { pod: Pod; record: PodRecord } {
  const at = now.toISOString();
  const node = pod.spec.nodeName ?? nodeName;
  const address = present({ hostIP: nodeAddress });
  const { unscheduled: _past, ...observed } = record.observed;
  return {
    pod: namingExecution(
      annotated(
        { ...pod, spec: { ...pod.spec, nodeName: node } },
        { [SIZE_ANNOTATION]: sizeText(pod) },
      ),
      record,
    ),
    record: {
      ...withTask(record, { attempt: Math.max(record.task.attempt, 1) }),
      observed: {
        ...observed,
        ...address,
        nodeName: node,
        scheduledAt: observed.scheduledAt ?? at,
        acceptedAt: observed.acceptedAt ?? at,
      },
    },
  };
}

interface FoundImages {
  images: { [container: string]: ImageConfig };
  /** Events about them that are not to be written yet. */
  unsaid: readonly PodEvent[];
}

/** The record once all images are known and the task definition is registered. */
export function withImages(
  record: PodRecord,
  { images, unsaid }: FoundImages,
  definition: string,
  logNonce: string,
): PodRecord {
  const { pulls: _past, ...rest } = withoutImageEvents(record);
  const imageEvents = unsaid.length > 0 ? [...unsaid] : undefined;
  return {
    ...withTask(rest, { images, definition, ...present({ imageEvents }) }),
    logNonce: record.logNonce || logNonce,
    observed: changeContainers(
      record.observed,
      Object.keys(images),
      ({ waiting: _over, ...known }, name) => {
        const image = own(images, name);
        return image ? { ...known, image: shownImage(image) } : known;
      },
    ),
  };
}

/** The record without the image events that Bind kept: they are being written, or Bind has new ones. */
export function withoutImageEvents(record: PodRecord): PodRecord {
  const { imageEvents: _said, ...task } = record.task;
  return { ...record, task };
}

/** The part of an image that the container's status shows. */
export const shownImage = ({
  name,
  imageId,
  user,
}: ImageConfig): NonNullable<ObservedContainer['image']> => ({
  name,
  imageId,
  user,
});

/** The record with the sizes that its task is created with, if they may change in place. */
export function withSizes(
  record: PodRecord,
  pod: Pod,
  { mode }: Pick<Settings, 'mode'>,
): PodRecord {
  return mode === 'local'
    ? { ...record, observed: { ...record.observed, allocated: sizesOf(pod) } }
    : record;
}
