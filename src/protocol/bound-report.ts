// The bounds of a report: whatever a podlet writes, no more than this is taken of it.
import { present } from '../present.ts';
import { MAX_EVENT_BYTES, MAX_MESSAGE_BYTES, cutText } from './cut-text.ts';
import type { ContainerReport, PodletEvent, Report, Usage } from './messages.ts';
import type { Run } from './run.ts';

/** Names, ids and reasons. */
const MAX_NAME = 256;
/** The most events in one report; the rest is not acknowledged. */
const MOST_EVENTS = 100;
/** A pod has ten containers at most, ephemeral ones apart. */
const MOST_CONTAINERS = 256;
const MOST_VOLUMES = 1024;
/** As many groups as fit into a report. */
const MOST_GROUPS = 4096;
const MAX_ID = 2 ** 32 - 1;
const MAX_COUNT = 2 ** 31 - 1;
const MAX_RESOLV_CONF_BYTES = 16 * 1024;
/** The reasons that a podlet itself may give for an end. */
const REASONS: readonly string[] = ['ContainerStatusUnknown'];

/** Whether a value is a name that is not too long. */
export const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_NAME;
/** Whether a value is a whole number from 0. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
/** Whether a value is a count that int32 can hold. */
export const isSmall = (value: unknown): value is number => isCount(value) && value <= MAX_COUNT;

/** CamelCase, as Kubernetes' reasons are. */
const isReason = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z][A-Za-z0-9]{0,127}$/.test(value);
const isRuntimeId = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_.:-]{1,128}$/.test(value);

/** Only a report's own members, each within its limits. */
export function bounded(report: Report): Report {
  const {
    uid,
    taskArn,
    attempt,
    bootId,
    boot,
    sequence,
    sandboxReady,
    podIP,
    hostIP,
    resolvConf,
    prompt,
    done,
    volumes,
    evict,
    usage,
  } = report;
  const containers = Object.entries(report.containers)
    .slice(0, MOST_CONTAINERS)
    .map(([name, container]) => [name, boundedContainer(container)] as const);
  return {
    uid,
    taskArn,
    attempt,
    bootId,
    sequence,
    sandboxReady,
    containers: Object.fromEntries(containers),
    events: report.events.slice(0, MOST_EVENTS).map(boundedEvent),
    ...present({
      boot,
      podIP: podIP === undefined ? undefined : cutText(podIP, MAX_NAME),
      hostIP: hostIP === undefined ? undefined : cutText(hostIP, MAX_NAME),
      resolvConf: resolvConf === undefined ? undefined : cutText(resolvConf, MAX_RESOLV_CONF_BYTES),
      prompt,
      done,
      volumes:
        volumes === undefined
          ? undefined
          : Object.fromEntries(Object.entries(volumes).slice(0, MOST_VOLUMES)),
      evict: evict === undefined ? undefined : cutText(evict, MAX_EVENT_BYTES),
      usage: usage === undefined ? undefined : boundedUsage(usage),
    }),
  };
}

const boundedUsage = ({ at, windowMs, containers }: Usage): Usage => ({
  at,
  windowMs,
  containers: Object.fromEntries(
    Object.entries(containers)
      .slice(0, MOST_CONTAINERS)
      .map(([name, { cpuNanoCores, memoryBytes }]) => [name, { cpuNanoCores, memoryBytes }]),
  ),
});

function boundedContainer({
  hello,
  runtimeId,
  run,
  waiting,
  term,
}: ContainerReport): ContainerReport {
  return {
    hello,
    ...present({
      runtimeId: isRuntimeId(runtimeId) ? runtimeId : undefined,
      run: run === undefined || !isSmall(run.run) ? undefined : boundedRun(run),
      waiting:
        waiting !== undefined && isReason(waiting.reason) ? boundedWaiting(waiting) : undefined,
      term,
    }),
  };
}

const boundedWaiting = ({
  reason,
  message,
}: {
  reason: string;
  message?: string;
}): { reason: string; message?: string } => ({
  reason,
  ...present({ message: message === undefined ? undefined : cutText(message, MAX_MESSAGE_BYTES) }),
});

function boundedRun(said: Run): Run {
  const {
    run,
    started,
    ready,
    startedAt,
    finishedAt,
    exitCode,
    oom,
    killedByProbe,
    startError,
    postStartError,
    message,
    reason,
    runtimeId,
    user,
  } = said;
  return {
    run,
    started,
    ready,
    ...present({
      startedAt,
      finishedAt,
      exitCode:
        exitCode === undefined ? undefined : Math.min(Math.max(Math.trunc(exitCode) || 0, 0), 255),
      oom,
      killedByProbe,
      startError: startError === undefined ? undefined : cutText(startError, MAX_MESSAGE_BYTES),
      postStartError:
        postStartError === undefined ? undefined : cutText(postStartError, MAX_MESSAGE_BYTES),
      message: message === undefined ? undefined : cutText(message, MAX_MESSAGE_BYTES),
      reason: reason !== undefined && REASONS.includes(reason) ? reason : undefined,
      runtimeId: isRuntimeId(runtimeId) ? runtimeId : undefined,
      user:
        user === undefined || user.uid > MAX_ID || user.gid > MAX_ID
          ? undefined
          : {
              uid: user.uid,
              gid: user.gid,
              groups: user.groups.filter((group) => group <= MAX_ID).slice(0, MOST_GROUPS),
            },
    }),
  };
}

/** An event with an invalid reason is acknowledged but not stored: its reason becomes empty. */
function boundedEvent({ id, at, type, reason, message, container }: PodletEvent): PodletEvent {
  return {
    id: cutText(id, MAX_NAME),
    at,
    type,
    reason: isReason(reason) ? reason : '',
    message: cutText(message, MAX_EVENT_BYTES),
    ...present({ container: container === undefined ? undefined : cutText(container, MAX_NAME) }),
  };
}
