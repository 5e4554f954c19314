// An ECS task, as reported by DescribeTasks or EventBridge, parsed into facts.
import type { TaskArn } from '../ports/identity.ts';
import type { TaskFacts } from '../ports/tasks.ts';

type Fields = { [field: string]: unknown };

/** Parses a task object (camelCase in both; times as Date, ISO text or epoch seconds). undefined: not a task. */
export function taskFacts(task: unknown): TaskFacts | undefined {
  const fields = toFields(task);
  const taskArn = text(fields.taskArn);
  if (taskArn === undefined) return undefined;
  return {
    taskArn: taskArn as TaskArn,
    lastStatus: text(fields.lastStatus) ?? 'PROVISIONING',
    desiredStatus: text(fields.desiredStatus) ?? 'RUNNING',
    version: Number(fields.version ?? 0),
    ...present('startedBy', text(fields.startedBy)),
    ...present('stopCode', text(fields.stopCode)),
    ...present('stoppedReason', text(fields.stoppedReason)),
    ...present('privateIp', privateIp(fields)),
    ...present('createdAt', time(fields.createdAt)),
    ...present('stoppedAt', time(fields.stoppedAt)),
    containers: list(fields.containers).map(containerFacts),
  };
}

function containerFacts(container: Fields): TaskFacts['containers'][number] {
  return {
    name: text(container.name) ?? '',
    lastStatus: text(container.lastStatus) ?? 'PENDING',
    ...present('exitCode', typeof container.exitCode === 'number' ? container.exitCode : undefined),
    ...present('reason', text(container.reason)),
    ...present('runtimeId', text(container.runtimeId)),
    ...present('imageDigest', text(container.imageDigest)),
  };
}

// DescribeTasks puts the address into the attachment's details and into the containers; EventBridge may have only one of these.
function privateIp(task: Fields): string | undefined {
  const details = list(task.attachments).flatMap((attachment) => list(attachment.details));
  const attached = details.find(({ name }) => name === 'privateIPv4Address');
  if (attached) return text(attached.value);
  return list(task.containers)
    .flatMap((container) => list(container.networkInterfaces))
    .map((one) => text(one.privateIpv4Address))
    .find((ip) => ip !== undefined);
}

const toFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(toFields) : []);
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function time(value: unknown): string | undefined {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'number') return new Date(value * 1000).toISOString();
  return text(value);
}

const present = <K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
