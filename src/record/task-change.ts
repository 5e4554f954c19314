// Merges an ECS task's facts into the record of its pod, and decides what the end of a task means for the pod (docs/design/hand-over.md).
import type { Pod } from '../kinds/pod.ts';
import { own } from '../own.ts';
import {
  failed,
  failedCreatePodSandBox,
  nodeNotReady,
  sandboxChanged,
} from '../pod/events/pod-events.ts';
import type { PodEvent } from '../pod/events/pod-events.ts';
import { podDone } from '../pod/run/order.ts';
import type { TaskFacts } from '../ports/tasks.ts';
import { present } from '../present.ts';
import { changeContainers } from './change-container.ts';
import { isTaskEnding } from './conclude.ts';
import { loseRuns } from './merge.ts';
import type { PodRecord, TaskEnd } from './record.ts';
import { relaunch } from './relaunch.ts';
import { withTask } from './with-task.ts';

/** Stop codes that mean the end of the task's host: a bare pod is never moved to another host. */
const HOST_LOST = new Set(['SpotInterruption', 'TerminationNotice', 'InfrastructureHealth']);

/** The record after a task change; the same record where nothing is new. Older versions and other tasks are ignored. */
export function mergeTask(
  pod: Pod | undefined,
  record: PodRecord,
  facts: TaskFacts,
  now: Date,
): { record: PodRecord; events: PodEvent[] } {
  const { arn, version, end } = record.task;
  const old = version !== undefined && facts.version <= version;
  if (facts.taskArn !== arn || old || end?.is === 'stopped') return { record, events: [] };
  if (facts.lastStatus !== 'STOPPED')
    return withLostStart(
      pod,
      withFailedStarts(stoppingTask(pod, withAddress(record, facts), facts), facts),
      facts,
    );
  return taskEnded(pod, withTask(record, { version: facts.version }), facts, now);
}

/** The pod's address is the task's, whatever its podlet reports. */
export const withAddress = (
  record: PodRecord,
  { privateIp }: Pick<TaskFacts, 'privateIp'>,
): PodRecord =>
  privateIp === undefined || record.task.address === privateIp
    ? record
    : withTask(record, { address: privateIp });

/** A stop that droppod did not ask for (Spot, somebody in the console): running containers still get a graceful end. */
function stoppingTask(
  pod: Pod | undefined,
  record: PodRecord,
  { desiredStatus, version }: TaskFacts,
): PodRecord {
  const wanted = !pod || record.end !== undefined || podDone(pod, record.observed);
  return desiredStatus !== 'STOPPED' || wanted || isTaskEnding(record)
    ? record
    : withTask(record, { version, end: { is: 'stopping' } });
}

/** The container never ran, and ECS gives the reason: its supervisor will never say hello. */
export const isFailedStart = ({
  lastStatus,
  reason = '',
}: TaskFacts['containers'][number]): boolean =>
  lastStatus === 'STOPPED' && /^Cannot(Create|Start)Container/.test(reason);

function withFailedStarts(
  record: PodRecord,
  { containers }: TaskFacts,
): { record: PodRecord; events: PodEvent[] } {
  const known = record.observed.containers;
  const fresh = containers.filter((container) => {
    const observed = own(known, container.name);
    return (
      isFailedStart(container) &&
      observed !== undefined &&
      observed.hello !== true &&
      observed.waiting?.message !== container.reason
    );
  });
  if (fresh.length === 0) return { record, events: [] };
  const messages = new Map(fresh.map(({ name, reason = '' }) => [name, reason]));
  return {
    record: {
      ...record,
      observed: changeContainers(record.observed, [...messages.keys()], (container, name) => ({
        ...container,
        waiting: { reason: 'RunContainerError', message: messages.get(name) ?? '' },
      })),
    },
    events: fresh.map(({ name, reason = '' }) => failed(name, reason)),
  };
}

/**
 * A container that ended before its supervisor said hello was killed from outside: the sandbox will never be ready, and no
 * container can have begun, so another task takes over under every policy.
 */
function withLostStart(
  pod: Pod | undefined,
  merged: { record: PodRecord; events: PodEvent[] },
  { containers }: TaskFacts,
): { record: PodRecord; events: PodEvent[] } {
  const { record, events } = merged;
  const { observed } = record;
  if (!pod || record.end || observed.sandboxReady || isTaskEnding(record) || podDone(pod, observed))
    return merged;
  const lost = containers.find((container) => {
    const known = own(observed.containers, container.name);
    return (
      container.lastStatus === 'STOPPED' &&
      !isFailedStart(container) &&
      known !== undefined &&
      known.hello !== true
    );
  });
  return lost
    ? {
        record: withTask(record, { relaunch: `container ${lost.name} was lost` }),
        events: [...events, sandboxChanged()],
      }
    : merged;
}

/** The present task is STOPPED, or ECS has forgotten it: the pod is over, fails with its node, or gets another attempt. */
export function taskEnded(
  pod: Pod | undefined,
  record: PodRecord,
  facts: Pick<TaskFacts, 'stopCode' | 'stoppedReason'>,
  now: Date,
): { record: PodRecord; events: PodEvent[] } {
  const { stopCode, stoppedReason } = facts;
  const end: TaskEnd = {
    is: 'stopped',
    at: now.toISOString(),
    ...present({ stopCode: stopCode || undefined, reason: stoppedReason || undefined }),
  };
  const stopped = withTask(record, { end });
  if (!pod || record.end) return { record: stopped, events: [] };
  const ended: PodRecord = {
    ...stopped,
    observed: loseRuns(pod, { ...record.observed, sandboxReady: false }, now),
  };
  if (podDone(pod, ended.observed)) return { record: ended, events: [] };
  if (record.task.relaunch !== undefined) return { record: relaunch(pod, ended, now), events: [] };
  if (HOST_LOST.has(stopCode ?? ''))
    return {
      record: withVerdict(ended, 'NodeLost', nodeLostMessage(pod)),
      events: [nodeNotReady()],
    };
  if (pod.spec.restartPolicy === 'Never' && hasBegun(record))
    return {
      record: withVerdict(ended, 'SandboxLost', sandboxLostMessage(stoppedReason)),
      events: [],
    };
  const neverBegan = stopCode === 'TaskFailedToStart' && stoppedReason !== undefined;
  return {
    record: relaunch(pod, ended, now),
    events: [neverBegan ? failedCreatePodSandBox(stoppedReason) : sandboxChanged()],
  };
}

/** Whether a container has begun, or may have: its order was with the podlet, whose report of it may be lost with the task. */
const hasBegun = ({ observed, task }: PodRecord): boolean =>
  Object.values(observed.containers).some(
    ({ current, desiredRun, waiting }) =>
      current !== undefined ||
      (observed.sandboxReady && desiredRun > 0 && !waiting && !task.imageEvents),
  );

/** Kubernetes' message for a pod whose node went away. */
export const nodeLostMessage = (pod: Pod): string =>
  `Node ${pod.spec.nodeName ?? ''} which was running pod ${pod.metadata.name ?? ''} is unresponsive`;

const sandboxLostMessage = (reason: string | undefined): string =>
  `The pod's sandbox was lost${reason ? `: ${reason}` : ''}`;

/** The record of a pod that is ended from outside. */
export function withVerdict(record: PodRecord, reason: string, message: string): PodRecord {
  if (record.observed.verdict) return record;
  return {
    ...record,
    observed: { ...record.observed, verdict: { phase: 'Failed', reason, message } },
  };
}
