// A task in ECS's two forms: in answers (times as epoch seconds) and in change messages (ISO).
import type { Task, TaskContainer } from '../../agent/task.ts';
import type { Json, JsonObject } from '../../states/json.ts';
import { epoch } from './context.ts';

const TIMES = [
  'createdAt',
  'pullStartedAt',
  'pullStoppedAt',
  'startedAt',
  'executionStoppedAt',
  'stoppingAt',
  'stoppedAt',
] as const;

/** For API answers. */
export function taskJson(task: Task, { tags = false }: { tags?: boolean } = {}): JsonObject {
  return {
    ...taskMembers(task),
    tags: tags ? task.tags.map(({ key, value }) => ({ key, value })) : [],
    ...Object.fromEntries(
      TIMES.flatMap((key) => (task[key] === undefined ? [] : [[key, epoch(task[key])]])),
    ),
  };
}

/** `detail` of "ECS Task State Change", which has no tags and no health. */
export function taskChange(task: Task): JsonObject {
  return {
    ...taskMembers(task),
    ...Object.fromEntries(
      TIMES.flatMap((key) => (task[key] === undefined ? [] : [[key, task[key]]])),
    ),
    updatedAt: [...TIMES.map((key) => task[key] ?? '')].sort().at(-1),
  };
}

function taskMembers(task: Task): JsonObject {
  const address: Json[] = task.privateIp
    ? [{ name: 'privateIPv4Address', value: task.privateIp }]
    : [];
  return {
    taskArn: task.taskArn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.taskDefinitionArn,
    group: task.group,
    startedBy: task.startedBy,
    launchType: task.launchType,
    capacityProviderName: task.capacityProviderName,
    platformVersion: '1.4.0',
    platformFamily: 'Linux',
    cpu: task.cpu,
    memory: task.memory,
    connectivity: 'CONNECTED',
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    version: task.version,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    attachments: [
      {
        id: task.id,
        type: 'ElasticNetworkInterface',
        status: task.lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED',
        details: address,
      },
    ],
    containers: task.containers.map((container) => containerJson(task, container)),
    overrides: {
      containerOverrides: task.overrides.containerOverrides.map((override): Json => ({
        ...override,
        environment: override.environment?.map(({ name, value }) => ({ name, value })),
      })),
    },
  };
}

function containerJson(task: Task, container: TaskContainer): JsonObject {
  return {
    containerArn: container.containerArn,
    taskArn: task.taskArn,
    name: container.name,
    image: container.image,
    imageDigest: container.imageDigest,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkInterfaces: task.privateIp
      ? [{ attachmentId: task.id, privateIpv4Address: task.privateIp }]
      : [],
    healthStatus: 'UNKNOWN',
  };
}
