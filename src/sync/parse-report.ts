// The door for reports: a podlet runs beside its pod's own processes, so its messages are checked before they are believed.
import type { Run } from '../pod/observed.ts';
import type { ContainerReport, PodletEvent, Report } from './messages.ts';

/** Linux allows that many supplementary groups (NGROUPS_MAX). */
const MAX_GROUPS = 65_536;

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 16_384;
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || is(value);
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isTime = (value: unknown): value is string => isText(value) && !Number.isNaN(Date.parse(value));
const isExitCode = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value);

/** The report in a body; undefined: not one. */
export function parseReport(text: string): Report | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isReport(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isReport(value: unknown): value is Report {
  if (!isObject(value)) return false;
  const { uid, taskArn, attempt, bootId, sequence, sandboxReady, containers, events } = value;
  const head = isText(uid) && isText(taskArn) && isCount(attempt) && isText(bootId) && isCount(sequence) && isFlag(sandboxReady);
  if (!head || !isObject(containers) || !Array.isArray(events)) return false;
  return Object.values(containers).every(isContainerReport) && events.every(isEvent) && hasOptionalFields(value);
}

const hasOptionalFields = ({ podIP, hostIP, resolvConf, done, volumes, evict }: Fields): boolean =>
  isOptional(podIP, isText) && isOptional(hostIP, isText) && isOptional(resolvConf, isText) && isOptional(done, isFlag) && isOptional(evict, isText) &&
  isOptional(volumes, (value) => isObject(value) && Object.values(value).every(isText));

function isContainerReport(value: unknown): value is ContainerReport {
  if (!isObject(value)) return false;
  const { hello, runtimeId, run, waiting, term } = value;
  const isWaiting = (reason: unknown): boolean => isObject(reason) && isText(reason['reason']) && isOptional(reason['message'], isText);
  return isFlag(hello) && isOptional(runtimeId, isText) && isOptional(run, isRun) && isOptional(waiting, isWaiting) && isOptional(term, isFlag);
}

function isRun(value: unknown): value is Run {
  if (!isObject(value) || !isCount(value['run']) || !isFlag(value['started']) || !isFlag(value['ready'])) return false;
  const { startedAt, finishedAt, exitCode, oom, killedByProbe, startError, postStartError, message, reason, user } = value;
  return [startedAt, finishedAt].every((time) => isOptional(time, isTime)) && isOptional(exitCode, isExitCode) &&
    [oom, killedByProbe].every((flag) => isOptional(flag, isFlag)) &&
    [startError, postStartError, message, reason].every((line) => isOptional(line, isText)) && isOptional(user, isOwner);
}

const isOwner = (value: unknown): boolean =>
  isObject(value) && isCount(value['uid']) && isCount(value['gid']) && Array.isArray(value['groups']) && value['groups'].length <= MAX_GROUPS && value['groups'].every(isCount);

function isEvent(value: unknown): value is PodletEvent {
  if (!isObject(value)) return false;
  const { id, at, type, reason, message, container } = value;
  return isText(id) && isTime(at) && (type === 'Normal' || type === 'Warning') && isText(reason) && isText(message) && isOptional(container, isText);
}
