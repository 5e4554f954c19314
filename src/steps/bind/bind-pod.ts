// The machine's first state: chooses the pod's node, looks up its images and registers its task definition. launch-pod comes next.
// See docs/design/pod.md.
import { eventWriter } from '../../events/event-writer.ts';
import type { Pod } from '../../kinds/pod.ts';
import { findNode } from './find-node.ts';
import type { FoundNode } from './find-node.ts';
import { isHeldByVolume } from './held-by-volume.ts';
import { registerTask } from './register-task.ts';
import { noPlace } from '../pod/no-place.ts';
import { othersChanged } from '../settle/reschedule.ts';
import { resolveImages } from './resolve-images.ts';
import type { ResolvedImages } from './resolve-images.ts';
import { showingFaults } from '../pod/showing-faults.ts';
import { readPod, updatePod } from '../pod/update-pod.ts';
import type { PodState } from '../pod/update-pod.ts';
import { allocatedPod } from '../../pod/status/allocation.ts';
import { failedScheduling, rejectedByNode, scheduled } from '../../pod/events/pod-events.ts';
import type { PodEvent } from '../../pod/events/pod-events.ts';
import { podDone } from '../../pod/run/order.ts';
import type { Ports } from '../../ports/ports.ts';
import {
  begun,
  namingExecution,
  nextScheduling,
  placed,
  unplaced,
  withImages,
  withSizes,
} from '../../record/binding.ts';
import { END, LAUNCH, runBodies, waitUntil } from '../../record/bodies.ts';
import { isOver } from '../../record/outcome.ts';
import {
  heldPulls,
  pullBackedOff,
  pullBackOffEvents,
  pullFailed,
} from '../../record/pull-back-off.ts';
import type { BindInput, NextState, PodRecord } from '../../record/record.ts';

type BindPorts = Pick<
  Ports,
  | 'store'
  | 'clock'
  | 'ids'
  | 'wakeups'
  | 'images'
  | 'tasks'
  | 'settings'
  | 'pullSecrets'
  | 'executions'
  | 'log'
>;

/** ErrImagePull is shown for this long before it becomes ImagePullBackOff. */
const SHOW_FAILURE_MS = 3_000;

/** Binds the pod once; for a pod that is already bound, launched or over it only returns the next state. */
export const bindPod = showingFaults('Bind', bind);

async function bind(ports: BindPorts, input: BindInput): Promise<NextState> {
  const { uid, generation } = input;
  const state = await readPod(ports, uid);
  const pod = state?.pod;
  if (
    !state ||
    !pod ||
    isOver(pod, state.record, generation) ||
    podDone(pod, state.record.observed)
  )
    return END;
  const { record, now } = state;
  if (record.task.arn) return adoptPod(ports, input);
  if (record.task.definition && !record.generation.toStart) return LAUNCH;
  const until = record.launchBackOff?.until;
  if (until !== undefined && Date.parse(until) > now.getTime()) return waitUntil(until);
  const held = heldPulls(record, now);
  if (held.length === 0) {
    const found = await findNode(ports, pod, record);
    if (found.rejected) return rejectPod(ports, input, found);
    return found.nodeName === undefined
      ? leaveUnscheduled(ports, state, input, found)
      : bindNow(ports, record, pod, { input, nodeName: found.nodeName });
  }
  await updatePod(ports, uid, (newest) =>
    isOver(newest.pod, newest.record, generation)
      ? undefined
      : {
          record: pullBackedOff(pod, begunBy(input, newest)),
          events: pullBackOffEvents(pod, newest.record),
        },
  );
  return waitUntil(
    held
      .map((pull) => pull.until)
      .sort()
      .at(-1) ?? '',
  );
}

const begunBy = ({ revision }: BindInput, { record, now }: PodState): PodRecord =>
  begun(record, revision, now);

/** A successor execution finds its predecessor's task and continues from there. */
async function adoptPod(ports: BindPorts, input: BindInput): Promise<NextState> {
  const { uid, generation } = input;
  const state = await updatePod(ports, uid, (newest) => {
    if (newest.record.generation.number !== generation) return undefined;
    const record = begunBy(input, newest);
    return newest.pod ? { pod: namingExecution(newest.pod, record), record } : { record };
  });
  return state?.pod && !isOver(state.pod, state.record, generation)
    ? runBodies(state.pod, state.record.observed)
    : END;
}

/** No node fits: the status shows it and Bind waits; a change of the pod or of a node starts a new generation at once. */
async function leaveUnscheduled(
  ports: BindPorts,
  { record, pod, now }: PodState,
  input: BindInput,
  { unschedulable: message, byPods }: FoundNode,
): Promise<NextState> {
  const events =
    message === undefined || record.observed.unscheduled?.message === message
      ? []
      : [failedScheduling(message)];
  const state = await updatePod(ports, record.uid, (newest) =>
    isOver(newest.pod, newest.record, input.generation)
      ? undefined
      : { record: unplaced(begunBy(input, newest), message, byPods), events },
  );
  return isOver(state?.pod, state?.record ?? record, input.generation)
    ? END
    : waitUntil(nextScheduling(pod?.metadata.creationTimestamp, now).toISOString());
}

/** The pod's node rejects it: it fails with the kubelet's reason. */
async function rejectPod(
  ports: BindPorts,
  input: BindInput,
  { nodeName = '', rejected }: FoundNode,
): Promise<NextState> {
  if (!rejected) return END;
  const { reason, message } = rejected;
  await updatePod(ports, input.uid, (newest) => {
    const { pod, record, now } = newest;
    if (!pod || isOver(pod, record, input.generation)) return undefined;
    const on = placed(pod, begunBy(input, newest), { ...ports.settings, nodeName }, now);
    // A rejected pod has no start time, and therefore no container statuses.
    const { acceptedAt: _never, ...observed } = on.record.observed;
    const verdict = { phase: 'Failed', reason, message: `Pod was rejected: ${message}` } as const;
    return {
      ...on,
      record: { ...on.record, observed: { ...observed, verdict } },
      events: [
        ...(pod.spec.nodeName ? [] : [scheduled(pod, nodeName)]),
        rejectedByNode(reason, message),
      ],
    };
  });
  return END;
}

async function bindNow(
  ports: BindPorts,
  { uid, observed }: PodRecord,
  pod: Pod,
  { input, nodeName }: { input: BindInput; nodeName: string },
): Promise<NextState> {
  const settings = { ...ports.settings, nodeName };
  const place = (newest: PodState) =>
    newest.pod && !isOver(newest.pod, newest.record, input.generation)
      ? placed(newest.pod, begunBy(input, newest), settings, newest.now)
      : undefined;
  const events = eventWriter(ports, {
    ...pod,
    spec: { ...pod.spec, nodeName: pod.spec.nodeName ?? nodeName },
  });
  if (observed.scheduledAt === undefined && !pod.spec.nodeName)
    events.write([scheduled(pod, nodeName)]);
  const [, resolved] = await Promise.all([
    updatePod(ports, uid, place).then(() => othersChanged(ports)),
    imagesOf(ports, pod, events.write),
  ]);
  const [next] = await Promise.all([
    keepImages(ports, allocatedPod(pod, observed), resolved, input),
    events.written(),
  ]);
  return next;
}

type FoundImages = ResolvedImages & { unsaid: PodEvent[] };

/**
 * Looks up the images and writes their events as they happen. The kubelet pulls only after mounting the volumes, so while a volume
 * cannot be mounted the events are kept, except those of a failed pull.
 */
async function imagesOf(
  ports: BindPorts,
  pod: Pod,
  write: (events: PodEvent[]) => void,
): Promise<FoundImages> {
  if (!(await isHeldByVolume(ports, pod)))
    return { ...(await resolveImages(ports, pod, write)), unsaid: [] };
  const unsaid: PodEvent[] = [];
  const resolved = await resolveImages(ports, pod, (some) => void unsaid.push(...some));
  if (Object.keys(resolved.failures).length > 0) write(unsaid.splice(0));
  return { ...resolved, unsaid };
}

async function keepImages(
  ports: BindPorts,
  pod: Pod,
  resolved: FoundImages,
  { uid, generation }: BindInput,
): Promise<NextState> {
  const failed = Object.keys(resolved.failures).length > 0;
  const registered = failed ? undefined : await registerTask(ports, pod, resolved);
  if (registered && 'failure' in registered)
    return noPlace(
      ports,
      { uid, generation },
      registered.failure,
      ({ pod: newest, record }) =>
        isOver(newest, record, generation) || record.task.arn !== undefined,
    );
  const definition = registered?.arn;
  const logNonce = ports.ids.uuid();
  const state = await updatePod(ports, uid, ({ pod: newest, record, now }) => {
    // The previous execution may have just launched the attempt: its task already has its images.
    if (!newest || isOver(newest, record, generation) || record.task.arn) return undefined;
    return {
      record:
        definition === undefined
          ? pullFailed(record, resolved.failures, now)
          : withSizes(withImages(record, resolved, definition, logNonce), pod, ports.settings),
    };
  });
  if (!state?.pod || isOver(state.pod, state.record, generation)) return END;
  return failed
    ? waitUntil(new Date(ports.clock.now().getTime() + SHOW_FAILURE_MS).toISOString())
    : LAUNCH;
}
