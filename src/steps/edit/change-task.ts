// Brings a running task in line with its pod's spec: ephemeral containers join, containers are resized. Local mode only.
// Level-based: settle.ts asks for it after every change, so the next change makes up for a crash between its steps.
import { eventWriter } from '../../events/event-writer.ts';
import type { Container, EphemeralContainer, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { allocatedPod } from '../../pod/status/allocation.ts';
import { initAndAppContainers } from '../../pod/model/containers.ts';
import { failed } from '../../pod/events/pod-events.ts';
import type { TaskArn } from '../../ports/identity.ts';
import type { ImageConfig } from '../../ports/images.ts';
import type { LiveTasks } from '../../ports/live-tasks.ts';
import type { Ports } from '../../ports/ports.ts';
import { shownImage } from '../../record/binding.ts';
import { changeContainer } from '../../record/change-container.ts';
import { pullFailed } from '../../record/pull-back-off.ts';
import type { PodRecord } from '../../record/record.ts';
import { withCompletion, withResizeError } from '../../record/resize.ts';
import { resized, taskEdits } from '../../record/task-edits.ts';
import { withTask } from '../../record/with-task.ts';
import { addedContainer } from '../../fargate/added-container.ts';
import { containerLimits } from '../../fargate/container-limits.ts';
import { podSize } from '../../fargate/size.ts';
import { present } from '../../present.ts';
import { resolveImages } from '../bind/resolve-images.ts';
import type { ResolvedImages } from '../bind/resolve-images.ts';
import { readPod, updatePod } from '../pod/update-pod.ts';

type ChangePorts = Pick<
  Ports,
  'store' | 'clock' | 'ids' | 'wakeups' | 'images' | 'settings' | 'liveTasks'
>;

/** Does what is due for one pod; one call at a time for each pod. */
export async function changeTask(ports: ChangePorts, uid: string): Promise<void> {
  const state = await readPod(ports, uid);
  const { liveTasks } = ports;
  if (!liveTasks || !state?.pod || !state.record.task.arn) return;
  const { add, resize } = taskEdits(state.pod, state.record, state.now);
  const to = {
    pod: allocatedPod(state.pod, state.record.observed),
    taskArn: state.record.task.arn,
    liveTasks,
  };
  if (add.length > 0) await addContainers(ports, to, add);
  for (const container of resize) await resizeContainer(ports, to, container);
}

interface Target {
  pod: Pod;
  taskArn: TaskArn;
  liveTasks: LiveTasks;
}

const uidOf = ({ metadata }: Pod): string => metadata.uid ?? '';

async function addContainers(
  ports: ChangePorts,
  to: Target,
  containers: EphemeralContainer[],
): Promise<void> {
  const { pod } = to;
  // Their images are looked up like those of regular containers.
  const events = eventWriter(ports, pod);
  const alone = {
    ...pod,
    spec: {
      ...pod.spec,
      initContainers: [],
      containers: containers.map(({ targetContainerName: _target, ...rest }) => rest),
    },
  };
  const resolved = await resolveImages(ports, alone, events.write);
  await events.written();
  if (Object.keys(resolved.failures).length > 0)
    await updatePod(ports, uidOf(pod), ({ record, now }) => ({
      record: pullFailed(record, resolved.failures, now),
    }));
  for (const container of containers) {
    const image = own(resolved.images, container.name);
    if (image) await addContainer(ports, to, container, image, resolved);
  }
}

async function addContainer(
  ports: ChangePorts,
  { pod, taskArn, liveTasks }: Target,
  container: EphemeralContainer,
  image: ImageConfig,
  { images }: ResolvedImages,
): Promise<void> {
  const sized = podSize(pod);
  if ('tooBig' in sized) return;
  const { failure } = await liveTasks.add(
    taskArn,
    addedContainer(pod, container, { images, size: sized.size, settings: ports.settings }),
  );
  await updatePod(ports, uidOf(pod), ({ record }) =>
    record.task.arn === taskArn
      ? {
          record: joined(record, container.name, image, failure),
          ...present({
            events: failure === undefined ? undefined : [failed(container.name, failure)],
          }),
        }
      : undefined,
  );
}

/** Its one run is ordered; if the container could not be created, it stays waiting with the reason. */
function joined(
  record: PodRecord,
  name: string,
  image: ImageConfig,
  failure: string | undefined,
): PodRecord {
  const next = changeContainer(record, name, ({ waiting: _past, ...known }) =>
    failure === undefined
      ? { ...known, desiredRun: 1, image: shownImage(image) }
      : { ...known, waiting: { reason: 'CreateContainerError', message: failure } },
  );
  const { added = [], images } = record.task;
  return withTask(next, {
    added: [...new Set([...added, name])],
    images: { ...images, [name]: image },
  });
}

async function resizeContainer(
  ports: ChangePorts,
  { pod, taskArn, liveTasks }: Target,
  container: Container,
): Promise<void> {
  const { failure } = await liveTasks.resize(
    taskArn,
    container.name,
    containerLimits(container.resources ?? {}),
  );
  await updatePod(ports, uidOf(pod), ({ pod: newest, record }) => {
    const now =
      newest &&
      initAndAppContainers(allocatedPod(newest, record.observed)).find(
        ({ name }) => name === container.name,
      );
    if (!now || record.task.arn !== taskArn) return undefined;
    return failure === undefined
      ? withCompletion(newest, resized(record, now, container.resources))
      : withResizeError(newest, record, container.name, failure);
  });
}
