// Parses reports: a podlet runs beside its pod's own processes, so its messages are untrusted. What is not a report is refused; values
// out of range are left out or cut (bound-report.ts), so that the rest still counts. src/sync/receive.ts decides what to believe.
import { isMap } from '../own.ts';
import { bounded, isCount, isName, isSmall } from './bound-report.ts';
import type { ContainerReport, PodletEvent, Report, Usage } from './messages.ts';
import type { Run } from './run.ts';

type Fields = Record<string, unknown>;

const isText = (value: unknown): value is string => typeof value === 'string';

const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || is(value);
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isTime = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value) &&
  !Number.isNaN(Date.parse(value));
const isNumber = (value: unknown): value is number => typeof value === 'number';

/** The report in a body; undefined: it is not one. */
export function parseReport(text: string): Report | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isReport(value) ? bounded(value) : undefined;
  } catch {
    return undefined;
  }
}

function isReport(value: unknown): value is Report {
  if (!isMap(value)) return false;
  const { uid, taskArn, attempt, bootId, boot, sequence, sandboxReady, containers, events } = value;
  const head =
    isName(uid) &&
    isText(taskArn) &&
    isSmall(attempt) &&
    isName(bootId) &&
    isOptional(boot, isSmall) &&
    isCount(sequence) &&
    isFlag(sandboxReady);
  if (!head || !isMap(containers) || !Array.isArray(events)) return false;
  return (
    Object.values(containers).every(isContainerReport) &&
    events.every(isEvent) &&
    hasOptionalFields(value)
  );
}

const hasOptionalFields = ({
  podIP,
  hostIP,
  resolvConf,
  done,
  prompt,
  volumes,
  evict,
  usage,
}: Fields): boolean =>
  isOptional(podIP, isText) &&
  isOptional(hostIP, isText) &&
  isOptional(resolvConf, isText) &&
  isOptional(done, isFlag) &&
  isOptional(prompt, isFlag) &&
  isOptional(evict, isText) &&
  isOptional(usage, isUsage) &&
  isOptional(volumes, (value) => isMap(value) && Object.values(value).every(isText));

function isUsage(value: unknown): value is Usage {
  if (!isMap(value) || !isTime(value['at']) || !isCount(value['windowMs'])) return false;
  const { containers } = value;
  return (
    isMap(containers) &&
    Object.values(containers).every(
      (used) => isMap(used) && isCount(used['cpuNanoCores']) && isCount(used['memoryBytes']),
    )
  );
}

function isContainerReport(value: unknown): value is ContainerReport {
  if (!isMap(value)) return false;
  const { hello, runtimeId, run, waiting, term } = value;
  const isWaiting = (reason: unknown): boolean =>
    isMap(reason) && isText(reason['reason']) && isOptional(reason['message'], isText);
  return (
    isFlag(hello) &&
    isOptional(runtimeId, isText) &&
    isOptional(run, isRun) &&
    isOptional(waiting, isWaiting) &&
    isOptional(term, isFlag)
  );
}

function isRun(value: unknown): value is Run {
  if (
    !isMap(value) ||
    !isCount(value['run']) ||
    !isFlag(value['started']) ||
    !isFlag(value['ready'])
  )
    return false;
  const {
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
  } = value;
  return (
    [startedAt, finishedAt].every((time) => isOptional(time, isTime)) &&
    isOptional(exitCode, isNumber) &&
    [oom, killedByProbe].every((flag) => isOptional(flag, isFlag)) &&
    [startError, postStartError, message, reason, runtimeId].every((line) =>
      isOptional(line, isText),
    ) &&
    isOptional(user, isOwner)
  );
}

const isOwner = (value: unknown): boolean =>
  isMap(value) &&
  isCount(value['uid']) &&
  isCount(value['gid']) &&
  Array.isArray(value['groups']) &&
  value['groups'].every(isCount);

function isEvent(value: unknown): value is PodletEvent {
  if (!isMap(value)) return false;
  const { id, at, type, reason, message, container } = value;
  return (
    isText(id) &&
    isTime(at) &&
    (type === 'Normal' || type === 'Warning') &&
    isText(reason) &&
    isText(message) &&
    isOptional(container, isText)
  );
}
