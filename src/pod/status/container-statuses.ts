// containerStatuses, initContainerStatuses and ephemeralContainerStatuses (kubelet convertToAPIContainerStatuses).
import { LOST_EXIT_CODE, LOST_MESSAGE, LOST_REASON } from '../../protocol/run.ts';
import type { Container, ContainerStatus, EphemeralContainer, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import { promised } from './allocation.ts';
import { shownContainer } from '../run/settled-ends.ts';
import { containerId, shownState, type ShownState } from './container-states.ts';
import { containerKind } from '../model/containers.ts';
import type { ConcludedPod, ObservedContainer } from '../run/observed.ts';
import type { Run } from '../../protocol/run.ts';
import { hasEnded, isFailure, isRunning } from '../run/restart.ts';

/** A status with the run whose end it shows; the phase is counted from these runs. */
export interface ContainerEntry {
  status: ContainerStatus;
  ended?: Run;
}

export interface ContainerEntries {
  init: ContainerEntry[];
  app: ContainerEntry[];
  ephemeral: ContainerEntry[];
}

type Definition = Container | EphemeralContainer;

const byName = (left: Definition, right: Definition): number =>
  left.name < right.name ? -1 : left.name > right.name ? 1 : 0;

/** All statuses: init containers in spec order, the others by name. */
export function containerEntries(pod: Pod, observed: ConcludedPod, now: Date): ContainerEntries {
  const inits = pod.spec.initContainers ?? [];
  const initial = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const entry = (reason: string) => (container: Definition) =>
    containerEntry(pod, container, observed, now, reason);
  const entries = {
    init: inits.map(entry(initial)),
    app: [...pod.spec.containers].sort(byName).map(entry(initial)),
    ephemeral: [...(pod.spec.ephemeralContainers ?? [])]
      .sort(byName)
      .map(entry('ContainerCreating')),
  };
  return observed.terminal ? terminateEntries(pod, entries) : entries;
}

function containerEntry(
  pod: Pod,
  container: Definition,
  observed: ConcludedPod,
  now: Date,
  initial: string,
): ContainerEntry {
  const known = shownContainer(
    pod,
    observed,
    container.name,
    withoutPurged(
      pod,
      container.name,
      own(observed.containers, container.name) ?? { desiredRun: 0 },
    ),
  );
  const shown = shownState(pod, container.name, known, now, initial);
  const newest = known.current ?? known.previous;
  const ephemeral = containerKind(pod, container.name) === 'ephemeral';
  const id = newest === undefined ? undefined : containerId(newest);
  const status: ContainerStatus = {
    name: container.name,
    state: shown.state,
    lastState: shown.lastState,
    ready: isReady(pod, container.name, known.current),
    restartCount:
      Math.max(
        (
          own(observed.containers, container.name)?.current ??
          own(observed.containers, container.name)?.previous
        )?.run ?? 1,
        1,
      ) - 1,
    image:
      newest === undefined ? (container.image ?? '') : (known.image?.name ?? container.image ?? ''),
    imageID: newest === undefined ? '' : (known.image?.imageId ?? ''),
    ...present({
      containerID: id,
      started: ephemeral ? undefined : isRunning(known.current) && known.current?.started === true,
    }),
    ...(newest === undefined || ephemeral ? {} : resourcesOf(promised(container, observed), known)),
    ...(newest === undefined ? {} : userOf(pod, container, known)),
    ...mountsOf(container),
  };
  return withEnded(status, shown);
}

const withEnded = (status: ContainerStatus, { ended }: ShownState): ContainerEntry =>
  ended === undefined ? { status } : { status, ended };

/** In a new sandbox the ends of regular init containers are dropped: they run again, starting with the first. */
function withoutPurged(pod: Pod, name: string, container: ObservedContainer): ObservedContainer {
  if (containerKind(pod, name) !== 'init' || container.current !== undefined) return container;
  const { previous: _purged, ...rest } = container;
  return rest;
}

function isReady(pod: Pod, name: string, run: Run | undefined): boolean {
  const kind = containerKind(pod, name);
  if (kind === 'ephemeral' || run === undefined) return false;
  if (kind === 'init') return hasEnded(run) && !isFailure(pod, name, run);
  return isRunning(run) && run.started && run.ready;
}

/** The container's actual and its promised resources. */
function resourcesOf(
  allocated: NonNullable<Container['resources']>,
  { resources }: ObservedContainer,
): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const { requests } = allocated;
  return {
    resources: resources ?? allocated,
    ...present({ allocatedResources: requests }),
  };
}

/** As reported; else by spec and image where they give numeric ids. */
function userOf(
  pod: Pod,
  container: Definition,
  { image, current, previous }: ObservedContainer,
): Pick<ContainerStatus, 'user'> {
  const known = (current ?? previous)?.user;
  if (known !== undefined)
    return {
      user: { linux: { uid: known.uid, gid: known.gid, supplementalGroups: known.groups } },
    };
  const own = container.securityContext;
  const context = pod.spec.securityContext;
  const [imageUser = '', imageGroup = '0'] = (image?.user ?? '').split(':');
  const uid = own?.runAsUser ?? context?.runAsUser ?? Number(imageUser || '0');
  const gid = own?.runAsGroup ?? context?.runAsGroup ?? Number(imageGroup);
  if (Number.isNaN(uid) || Number.isNaN(gid)) return {};
  const more = [context?.fsGroup, ...(context?.supplementalGroups ?? [])].filter(
    (group) => group !== undefined,
  );
  return { user: { linux: { uid, gid, supplementalGroups: [...new Set([gid, ...more])] } } };
}

function mountsOf(container: Definition): Pick<ContainerStatus, 'volumeMounts'> {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}

/** At the end of a pod every container must be terminated (kubelet TerminatePod). */
function terminateEntries(pod: Pod, { init, app, ephemeral }: ContainerEntries): ContainerEntries {
  const lastBegun = Math.max(
    init.findLastIndex(({ status }) => hasBegun(status)),
    0,
  );
  const initialized = hasInitialized(pod, init, app);
  return {
    init: init.map((entry, index) => (index <= lastBegun ? lost(entry) : entry)),
    app: initialized ? app.map(lost) : app,
    ephemeral: ephemeral.map(lost),
  };
}

const hasBegun = ({ state, lastState }: ContainerStatus): boolean =>
  state?.waiting === undefined || lastState?.terminated !== undefined;

function hasInitialized(pod: Pod, init: ContainerEntry[], app: ContainerEntry[]): boolean {
  const last = init.at(-1);
  if (last === undefined || app.some(({ status }) => hasBegun(status))) return true;
  return containerKind(pod, last.status.name) === 'sidecar'
    ? last.status.started === true
    : last.status.ready;
}

function lost(entry: ContainerEntry): ContainerEntry {
  if (entry.status.state?.terminated !== undefined) return entry;
  const { state, lastState } = entry.status;
  const ended = state?.waiting !== undefined ? lastState?.terminated : undefined;
  const terminated = ended ?? {
    reason: LOST_REASON,
    message: LOST_MESSAGE,
    exitCode: LOST_EXIT_CODE,
    startedAt: '1970-01-01T00:00:00Z',
    finishedAt: '1970-01-01T00:00:00Z',
  };
  const status: ContainerStatus = {
    ...entry.status,
    state: { terminated },
    lastState: ended === undefined ? (lastState ?? {}) : {},
    ready: false,
  };
  return {
    status: 'started' in status ? { ...status, started: false } : status,
    ...present({ ended: entry.ended }),
  };
}
