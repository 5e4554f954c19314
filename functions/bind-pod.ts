// The machine's first state: the pod gets its node, its images and its task definition. After it comes launch-pod.
import { lambda } from '../src/aws/lambda.ts';
import { recordEvents } from '../src/events/record-event.ts';
import type { Pod } from '../src/kinds/pod.ts';
import { nextPullBackOff, resolveImages } from '../src/lifecycle/resolve-images.ts';
import type { ResolvedImages } from '../src/lifecycle/resolve-images.ts';
import { readPod, updatePod } from '../src/lifecycle/update-pod.ts';
import type { PodChange, PodState } from '../src/lifecycle/update-pod.ts';
import * as podEvents from '../src/pod/events.ts';
import type { PodEvent } from '../src/pod/events.ts';
import { podDone } from '../src/pod/order.ts';
import type { Ports } from '../src/ports.ts';
import { END, LAUNCH, runBodies, waitUntil } from '../src/sync/bodies.ts';
import { isOver } from '../src/sync/outcome.ts';
import type { NextState, PodRecord, PullBackOff } from '../src/sync/record.ts';
import { podSize } from '../src/task/size.ts';
import { taskDefinition } from '../src/task/task-definition.ts';

export interface PodRef {
  uid: string;
  generation: number;
}

type BindPorts = Pick<Ports, 'store' | 'clock' | 'ids' | 'wakeups' | 'images' | 'tasks' | 'settings'>;

/** An ErrImagePull is shown for that long before it becomes ImagePullBackOff. */
const SHOW_FAILURE_MS = 3_000;

/** Binds the pod once; a pod that is bound, launched or over already is only told what comes next. */
export async function bindPod(ports: BindPorts, { uid, generation }: PodRef): Promise<NextState> {
  const state = await readPod(ports, uid);
  const pod = state?.pod;
  if (!state || !pod || isOver(pod, state.record, generation) || podDone(pod, state.record.observed)) return END;
  const { record, now } = state;
  if (record.taskArn && !record.toStart) return runBodies(pod, record.observed);
  if (record.taskDefinitionArn && !record.toStart) return LAUNCH;
  if (isAhead(record.launchBackOff?.until, now)) return waitUntil(record.launchBackOff?.until ?? '');
  const held = Object.values(record.pulls ?? {}).filter(({ until }) => isAhead(until, now));
  if (held.length > 0) return showPullBackOff(ports, pod, held);
  return bindNow(ports, state, pod, generation);
}

const isAhead = (until: string | undefined, now: Date): boolean => until !== undefined && Date.parse(until) > now.getTime();

async function bindNow(ports: BindPorts, { record }: PodState, pod: Pod, generation: number): Promise<NextState> {
  if (record.taskArn) return adoptPod(ports, record, generation);
  const first = record.observed.scheduledAt === undefined;
  const [, resolved] = await Promise.all([updatePod(ports, record.uid, (state) => placed(state, ports.settings.nodeName, generation)), resolveImages(ports, pod)]);
  const events = [...(first ? [podEvents.scheduled(pod, ports.settings.nodeName)] : []), ...resolved.events];
  const [next] = await Promise.all([keepImages(ports, record.uid, pod, resolved, generation), recordBound(ports, pod, events)]);
  return next;
}

/** A successor execution finds the task of its predecessor: it goes on where that one stood. */
async function adoptPod(ports: BindPorts, { uid }: PodRecord, generation: number): Promise<NextState> {
  const state = await updatePod(ports, uid, ({ record }) => (record.generation === generation ? { record: started(record) } : undefined));
  return state?.pod && !isOver(state.pod, state.record, generation) ? runBodies(state.pod, state.record.observed) : END;
}

const recordBound = (ports: BindPorts, pod: Pod, events: PodEvent[]): Promise<void> =>
  recordEvents(ports, { ...pod, spec: { ...pod.spec, nodeName: ports.settings.nodeName } }, events);

const started = ({ toStart: _heard, ...record }: PodRecord): PodRecord => record;

function placed({ pod, record, now }: PodState, nodeName: string, generation: number): PodChange | undefined {
  if (!pod || isOver(pod, record, generation)) return undefined;
  const at = now.toISOString();
  const { unscheduled: _past, ...observed } = record.observed;
  return {
    pod: { ...pod, spec: { ...pod.spec, nodeName: pod.spec.nodeName ?? nodeName } },
    record: {
      ...started(record),
      generationAt: record.generationAt ?? at,
      attempt: Math.max(record.attempt, 1),
      observed: { ...observed, nodeName: pod.spec.nodeName ?? nodeName, scheduledAt: observed.scheduledAt ?? at, acceptedAt: observed.acceptedAt ?? at },
    },
  };
}

async function keepImages(ports: BindPorts, uid: string, pod: Pod, resolved: ResolvedImages, generation: number): Promise<NextState> {
  const failed = Object.keys(resolved.failures).length > 0;
  const sized = podSize(pod);
  if ('tooBig' in sized) throw new Error(`the pod was admitted with a size that no task has: ${sized.tooBig}`);
  const arn = failed ? undefined : await ports.tasks.register(taskDefinition(pod, { images: resolved.images, size: sized.size, settings: ports.settings }));
  const logNonce = ports.ids.uuid();
  const state = await updatePod(ports, uid, (newest) => {
    if (!newest.pod || isOver(newest.pod, newest.record, generation)) return undefined;
    return arn === undefined ? pullFailed(newest, resolved) : imagesKnown(newest, resolved, arn, logNonce);
  });
  if (!state?.pod || isOver(state.pod, state.record, generation)) return END;
  return failed ? waitUntil(new Date(ports.clock.now().getTime() + SHOW_FAILURE_MS).toISOString()) : LAUNCH;
}

function imagesKnown({ record }: PodState, { images }: ResolvedImages, taskDefinitionArn: string, logNonce: string): PodChange {
  const { pulls: _past, ...rest } = record;
  const containers = { ...record.observed.containers };
  for (const [name, { name: shown, imageId, user }] of Object.entries(images)) {
    const { waiting: _over, ...container } = containers[name] ?? { desiredRun: 0 };
    containers[name] = { ...container, image: { name: shown, imageId, user } };
  }
  return { record: { ...rest, images, taskDefinitionArn, logNonce: record.logNonce || logNonce, observed: { ...record.observed, containers } } };
}

function pullFailed({ record, now }: PodState, { failures }: ResolvedImages): PodChange {
  const pulls: { [container: string]: PullBackOff } = {};
  const containers = { ...record.observed.containers };
  for (const [name, failure] of Object.entries(failures)) {
    pulls[name] = nextPullBackOff(record.pulls?.[name], failure, now);
    containers[name] = { ...(containers[name] ?? { desiredRun: 0 }), waiting: failure };
  }
  return { record: { ...record, pulls, observed: { ...record.observed, containers } } };
}

async function showPullBackOff(ports: BindPorts, pod: Pod, held: PullBackOff[]): Promise<NextState> {
  const uid = pod.metadata.uid ?? '';
  await updatePod(ports, uid, ({ record, now }) => ({ record: backedOff(record, pod, now), events: backOffEvents(record, pod) }));
  return waitUntil(held.map(({ until }) => until).sort().at(-1) ?? '');
}

/** Only a failed pull becomes a back-off; a name that cannot be parsed or an image that must be there stays what it is. */
const isPullFailure = ({ reason }: PullBackOff): boolean => reason === 'ErrImagePull' || reason === 'RegistryUnavailable';

const imageOf = (pod: Pod, name: string): string =>
  [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find((container) => container.name === name)?.image ?? '';

function backedOff(record: PodRecord, pod: Pod, _now: Date): PodRecord {
  const containers = { ...record.observed.containers };
  for (const [name, pull] of Object.entries(record.pulls ?? {})) {
    if (!isPullFailure(pull)) continue;
    const message = `Back-off pulling image "${imageOf(pod, name)}": ErrImagePull: ${pull.message}`;
    containers[name] = { ...(containers[name] ?? { desiredRun: 0 }), waiting: { reason: 'ImagePullBackOff', message } };
  }
  return { ...record, observed: { ...record.observed, containers } };
}

function backOffEvents(record: PodRecord, pod: Pod): PodEvent[] {
  const names = Object.entries(record.pulls ?? {}).filter(([, pull]) => isPullFailure(pull));
  return names.flatMap(([name]) => [podEvents.backOffPulling(name, imageOf(pod, name)), podEvents.failed(name, 'ImagePullBackOff')]);
}

export const handler = lambda(bindPod);
