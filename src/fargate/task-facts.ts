// An ECS task, as reported by DescribeTasks or EventBridge, parsed into facts.
import type { TaskArn } from '../ports/identity.ts';
import type { TaskFacts } from '../ports/tasks.ts';
import { listOf, mapOf } from '../own.ts';
import { present } from '../present.ts';

type Fields = { [field: string]: unknown };

/** Parses a task object (camelCase in both; times as Date, ISO text or epoch seconds). undefined: not a task. */
export function taskFacts(task: unknown): TaskFacts | undefined {
  const fields = mapOf(task);
  const taskArn = text(fields.taskArn);
  if (taskArn === undefined) return undefined;
  return {
    taskArn: taskArn as TaskArn,
    lastStatus: text(fields.lastStatus) ?? 'PROVISIONING',
    desiredStatus: text(fields.desiredStatus) ?? 'RUNNING',
    version: Number(fields.version ?? 0),
    ...present({
      startedBy: text(fields.startedBy),
      stopCode: text(fields.stopCode),
      stoppedReason: text(fields.stoppedReason),
      privateIp: privateIp(fields),
      createdAt: time(fields.createdAt),
      stoppedAt: time(fields.stoppedAt),
    }),
    containers: list(fields.containers).map(containerFacts),
  };
}

function containerFacts(container: Fields): TaskFacts['containers'][number] {
  return {
    name: text(container.name) ?? '',
    lastStatus: text(container.lastStatus) ?? 'PENDING',
    ...present({
      exitCode: typeof container.exitCode === 'number' ? container.exitCode : undefined,
      reason: text(container.reason),
      runtimeId: text(container.runtimeId),
      imageDigest: text(container.imageDigest),
    }),
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

const list = (value: unknown): Fields[] => listOf(value).map(mapOf);
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function time(value: unknown): string | undefined {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'number') return new Date(value * 1000).toISOString();
  return text(value);
}
