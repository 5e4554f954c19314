// The desired state of a pod's task: the answer to every report (docs/design/sync.md). Pure; the looked-up objects come in.
import { specGraceSeconds } from '../pod/run/grace.ts';
import type { Pod } from '../kinds/pod.ts';
import { later } from '../later.ts';
import { own } from '../own.ts';
import { backOffShownAt } from '../pod/run/back-off.ts';
import { allContainers, containerKind } from '../pod/model/containers.ts';
import { networkFiles } from '../pod/process/network-files.ts';
import type { NetworkContext } from '../pod/process/network-files.ts';
import type { ObservedPod } from '../pod/run/observed.ts';
import { isReleased, podDone } from '../pod/run/order.ts';
import { addQuantities, parseQuantity, printQuantity, wholeUnits } from '../pod/model/quantity.ts';
import { hasEnded } from '../pod/run/restart.ts';
import type { Settings } from '../ports/settings.ts';
import { present } from '../present.ts';
import { isTaskEnding } from '../record/conclude.ts';
import { deadlineOf } from '../record/deadline.ts';
import type { Desired, DesiredContainer, Report, StartOrder } from '../protocol/messages.ts';
import type { PodRecord } from '../record/record.ts';
import { asksForRestart } from '../record/resize.ts';

/** What the caller provides for a container whose start is due: the order, or why it cannot start now. */
export type Start = { order: StartOrder } | { waiting: { reason: string; message: string } };

export interface Objects {
  starts: { [container: string]: Start };
  volumes: Desired['volumes'];
  /** Volumes whose files are unavailable: until they are, nothing starts. */
  missing?: { volume: string; why: string }[];
}

/** kubelet `immediateEvictionGracePeriodSeconds`. */
const EVICTION_GRACE_SECONDS = 1;
const BUSY_MS = 1_000;
const IDLE_MS = 30_000;
/** A container that waits for an object outside is tried again after that time, as the kubelet does. */
const RETRY_MS = 10_000;
const FIRST_RETRY_MS = 500;
/** Where a request may be held that long, holding costs nothing, so the next one may follow at once. */
const LONG_WAIT_MS = 10_000;

/** The empty answer. */
export const nothing = (syncAgainMs: number): Desired => ({
  containers: {},
  volumes: {},
  acknowledged: [],
  sessions: [],
  syncAgainMs,
});

/** The answer that lets the podlet stop all containers and end. */
export const leave = (reason: string): Desired => ({ ...nothing(BUSY_MS), leave: { reason } });

/** Whether the run that the machine asks for should start: once it is the container's turn and its back-off is over. */
function isStartDue(pod: Pod, record: PodRecord, name: string, now: Date): boolean {
  const container = own(record.observed.containers, name);
  if (
    !container ||
    container.desiredRun === 0 ||
    podDone(pod, record.observed) ||
    isTaskEnding(record)
  )
    return false;
  const { current, previous, desiredRun, backOff } = container;
  if (desiredRun <= (current?.run ?? previous?.run ?? 0) || (current && !hasEnded(current)))
    return false;
  const held = backOff?.until !== undefined && Date.parse(backOff.until) > now.getTime();
  return !held && isReleased(pod, asIfReady(record.observed), name);
}

/**
 * A podlet holds every start back until all supervisors have said hello. So orders go out as soon as the pod's address is known
 * (environments name it): the last hello then starts the containers without another exchange.
 */
const asIfReady = (observed: ObservedPod): ObservedPod => ({
  ...observed,
  sandboxReady: observed.sandboxReady || observed.podIP !== undefined,
});

/** Containers that should start now: the caller makes their orders. */
export const dueStarts = (pod: Pod, record: PodRecord, now: Date): string[] =>
  allContainers(pod)
    .map(({ name }) => name)
    .filter((name) => isStartDue(pod, record, name, now));

/** The whole answer for a pod whose podlet is obeyed. */
export function desired(
  pod: Pod,
  record: PodRecord,
  report: Report,
  objects: Objects,
  settings: Settings,
  now: Date,
): Desired {
  if (record.end ?? record.podlet?.doneAt)
    return { ...leave('The pod is over'), acknowledged: acknowledged(report) };
  const terminate = termination(pod, record);
  const volumes = Object.fromEntries(
    Object.entries(objects.volumes).filter(
      ([name, { version }]) => own(report.volumes, name) !== version,
    ),
  );
  const { name = '', namespace = '' } = pod.metadata;
  const answer: Desired = {
    pod: { name, namespace },
    ...present({ terminate }),
    containers: Object.fromEntries(
      allContainers(pod)
        .filter(({ name }) => isInTask(pod, record, name))
        .map((container) => [
          container.name,
          desiredContainer(pod, record, container.name, objects),
        ]),
    ),
    volumes,
    ...storageLimit(pod),
    acknowledged: acknowledged(report),
    sessions: [],
    syncAgainMs: 0,
  };
  if (Object.keys(objects.starts).length > 0) answer.hosts = hostsOf(pod, record, settings);
  const waiting =
    (objects.missing ?? []).length > 0 ||
    Object.values(objects.starts).some((start) => 'waiting' in start);
  return {
    ...answer,
    syncAgainMs: syncAgainMs(answer, settings, dueInMs(pod, record, waiting, now)),
  };
}

/** The sum of the limits of the containers that have one; what they write outside of volumes nobody on Fargate can measure. */
function storageLimit(pod: Pod): Pick<Desired, 'storageLimit'> {
  const limits = pod.spec.containers.flatMap(
    ({ resources }) => parseQuantity(resources?.limits?.['ephemeral-storage'] ?? '') ?? [],
  );
  if (limits.length === 0) return {};
  const text = printQuantity(limits.reduce(addQuantities));
  return { storageLimit: { bytes: wholeUnits(text), text } };
}

/** Ephemeral containers are not until they have joined. */
const isInTask = (pod: Pod, { task }: PodRecord, name: string): boolean =>
  containerKind(pod, name) !== 'ephemeral' || (task.added ?? []).includes(name);

/** What a pod's network files are made from. */
export const networkOf = (
  { observed }: PodRecord,
  { clusterDomain }: Settings,
): NetworkContext => ({
  podIP: observed.podIP ?? '',
  clusterDomain,
  nodeResolvConf: observed.resolvConf,
});

function hostsOf(pod: Pod, record: PodRecord, settings: Settings): NonNullable<Desired['hosts']> {
  return networkFiles(pod, networkOf(record, settings));
}

const acknowledged = ({ events }: Report): string[] => events.map(({ id }) => id);

function desiredContainer(
  pod: Pod,
  { observed, task: { edited = [] } }: PodRecord,
  name: string,
  { starts }: Objects,
): DesiredContainer {
  const container = own(observed.containers, name);
  const start = own(starts, name);
  const place = placeOf(pod, name);
  if (start && 'order' in start)
    return { run: container?.desiredRun ?? 0, start: start.order, ...place };
  const why = edited.includes(name)
    ? definitionChanged(pod, name)
    : asksForRestart(container)
      ? `Container ${name} resize requires restart`
      : undefined;
  const stop =
    why === undefined ? undefined : { graceSeconds: specGraceSeconds(pod), message: why };
  return {
    ...present({ stop }),
    run: container?.kept ? 0 : (container?.current?.run ?? 0),
    ...place,
  };
}

function placeOf(pod: Pod, name: string): Pick<DesiredContainer, 'sidecar' | 'added'> {
  const kind = containerKind(pod, name);
  if (kind === 'ephemeral') return { added: true };
  return kind === 'sidecar'
    ? { sidecar: (pod.spec.initContainers ?? []).findIndex((init) => init.name === name) }
    : {};
}

/** Why a container with another image is stopped. */
const definitionChanged = (pod: Pod, name: string): string =>
  containerKind(pod, name) === 'sidecar'
    ? `Init container ${name} definition changed`
    : `Container ${name} definition changed, will be restarted`;

/** How the containers are to be ended: by deletion with its own grace, else with the pod's. */
function termination(pod: Pod, record: PodRecord): Desired['terminate'] {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const graceSeconds = specGraceSeconds(pod);
  if (deletionTimestamp !== undefined) {
    return {
      graceSeconds: deletionGracePeriodSeconds ?? graceSeconds,
      deadline: new Date(deletionTimestamp).toISOString(),
    };
  }
  if (!podDone(pod, record.observed) && !isTaskEnding(record)) return undefined;
  const seconds =
    record.observed.verdict?.reason === 'Evicted' ? EVICTION_GRACE_SECONDS : graceSeconds;
  const since = Date.parse(record.task.terminatingSince ?? '');
  return {
    graceSeconds: seconds,
    deadline: later(new Date(Number.isNaN(since) ? 0 : since), seconds).toISOString(),
  };
}

/** The kubelet's mounts: 0.5 s doubling, which is about as long as they have failed already; a configuration every 10 s. */
function retryMs({ observed }: PodRecord, now: Date): number {
  const lasted = now.getTime() - Date.parse(observed.acceptedAt ?? '');
  return Number.isNaN(lasted) ? RETRY_MS : Math.min(Math.max(lasted, FIRST_RETRY_MS), RETRY_MS);
}

/** Whether the answer holds something that the podlet may not know yet; then it is sent at once. */
export function hasNews(answer: Desired): boolean {
  const { leave: leaving, terminate, containers, volumes, acknowledged: events, sessions } = answer;
  const started = Object.values(containers).some(({ start, stop }) => start ?? stop);
  // Missing files change nothing for the podlet. If they counted as news, it would ask again at once, over and over.
  const brought = Object.values(volumes).some(({ missing }) => missing === undefined);
  return (
    Boolean(leaving ?? terminate) || started || brought || events.length > 0 || sessions.length > 0
  );
}

/** In how many ms something becomes due without another report: a back-off is to be shown or ends, or the pod's deadline passes. */
export function dueInMs(pod: Pod, record: PodRecord, waiting: boolean, now: Date): number {
  const ends = Object.values(record.observed.containers).flatMap(
    ({ backOff, current, desiredRun }) =>
      backOff?.until && hasEnded(current) && desiredRun >= current.run
        ? [Date.parse(backOff.until), backOffShownAt(backOff)?.getTime() ?? 0]
        : [],
  );
  const deadline = deadlineOf(pod, record.observed)?.getTime();
  const due = [...ends, ...(deadline === undefined ? [] : [deadline])]
    .map((at) => at - now.getTime())
    .filter((ms) => ms > 0);
  return Math.min(waiting ? retryMs(record, now) : IDLE_MS, ...due);
}

function syncAgainMs(answer: Desired, settings: Settings, due: number): number {
  if (answer.terminate || Object.values(answer.containers).some(({ start, stop }) => start ?? stop))
    return BUSY_MS;
  return settings.syncWaitMs >= LONG_WAIT_MS ? 0 : due;
}
