// What Fargate refuses of a task definition that ECS would take for its own instances, and the limits of ECS's API model.
// Sources: the API reference of RegisterTaskDefinition, "Amazon ECS task definition differences for Fargate".
import { repeats } from '../../../src/repeats.ts';
import type { ContainerDefinition, TaskDefinition } from '../../agent/task-definition.ts';
import { own } from '../../../src/own.ts';
import { AwsError } from '../protocol.ts';

const MAX_DEFINITION_BYTES = 64 * 1024;
const STORAGE_GIB = { from: 21, to: 200 };
const TIMEOUT_SECONDS = { from: 2, to: 120 };
const MAX_PORT = 65_535;
/** The forms that the page of container definitions lists: name or number, with a group or without. */
const USER = /^[^:\s]+(:[^:\s]+)?$/;
const IMAGE = /^[\w\-:./#@]{1,255}$/;
/** Docker's own names, and `ALL`. */
const CAPABILITIES = new Set(
  (
    'ALL AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE ' +
    'LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP SETUID ' +
    'SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM'
  ).split(' '),
);
const TMPFS_OPTIONS = new Set(
  (
    'defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime bind rbind ' +
    'unbindable runbindable private rprivate shared rshared slave rslave relatime norelatime strictatime nostrictatime mode uid gid nr_inodes nr_blocks mpol'
  ).split(' '),
);
const SYSTEM_CONTROLS =
  /^(net\..+|fs\.mqueue\..+|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced))$/;

/** What reaches the host. Every task here counts as a Fargate task, whatever compatibility its definition declares. */
export function refuseHostAccess({ containerDefinitions, volumes }: TaskDefinition): void {
  if (volumes.some(({ host }) => host?.sourcePath !== undefined))
    throw client('Fargate compatible task definitions do not support sourcePath');
  if (containerDefinitions.some(({ privileged }) => privileged))
    throw client('Fargate compatible task definitions do not support privileged');
  const added = containerDefinitions
    .flatMap(({ linuxParameters }) => linuxParameters?.capabilities?.add ?? [])
    .find((name) => name !== 'SYS_PTRACE');
  if (added !== undefined)
    throw client(
      `Fargate compatible task definitions do not support the added capability ${added}: only SYS_PTRACE is`,
    );
}

/** Throws ClientException for the first thing of a definition for Fargate that would not run there. */
export function refuseBeyondFargate(definition: TaskDefinition): void {
  const { containerDefinitions, volumes } = definition;
  const names = volumes.map(({ name }) => name);
  const [second] = repeats(names);
  if (second !== undefined) throw client(`Volume name '${names[second]}' is given twice.`);
  refuseSizes(definition);
  for (const container of containerDefinitions) {
    refuseMembers(container);
    refuseWithoutRole(definition, container);
  }
  if (JSON.stringify(definition).length > MAX_DEFINITION_BYTES)
    throw client('The task definition is larger than 64 KB.');
}

/** Containers fit into their task, whose own size is one that Fargate offers. */
function refuseSizes({
  cpu,
  memory,
  containerDefinitions,
  ephemeralStorage,
}: TaskDefinition): void {
  const sum = (of: (container: ContainerDefinition) => number | undefined): number =>
    containerDefinitions.reduce((all, container) => all + (of(container) ?? 0), 0);
  if (sum((container) => container.cpu) > Number(cpu))
    throw client("Invalid 'cpu' setting for task: its containers ask for more.");
  if (sum((container) => container.memoryReservation ?? container.memory) > Number(memory))
    throw client("Invalid 'memory' setting for task: its containers ask for more.");
  if (containerDefinitions.some((container) => (container.memory ?? 0) > Number(memory)))
    throw client("Invalid 'memory' setting for a container: the task has less.");
  const storage = ephemeralStorage?.sizeInGiB;
  if (storage !== undefined && !isWithin(storage, STORAGE_GIB))
    throw client('Ephemeral storage must be between 21 and 200 GiB.');
}

function refuseMembers(container: ContainerDefinition): void {
  const { name, image, user, stopTimeout, startTimeout } = container;
  const refuse = (why: string): never => {
    throw client(`Container '${name}': ${why}`);
  };
  if (!IMAGE.test(image)) refuse('its image has more than 255 characters, or others than allowed');
  if (user !== undefined && !USER.test(user)) refuse(`user ${user} has no form that ECS knows`);
  for (const seconds of [stopTimeout, startTimeout])
    if (seconds !== undefined && !isWithin(seconds, TIMEOUT_SECONDS))
      refuse('stopTimeout and startTimeout must be from 2 to 120 seconds on Fargate');
  for (const { containerPath } of container.mountPoints)
    if (!containerPath.startsWith('/')) refuse(`containerPath ${containerPath} is not absolute`);
  const control = (container.systemControls ?? []).find(
    ({ namespace }) => !SYSTEM_CONTROLS.test(namespace),
  );
  if (control) refuse(`system control ${control.namespace} is not supported on Fargate`);
  refuseLinuxParameters(container, refuse);
  for (const { containerPort, hostPort } of container.portMappings ?? [])
    if (
      !isWithin(containerPort, { from: 1, to: MAX_PORT }) ||
      (hostPort ?? containerPort) !== containerPort
    )
      refuse('with awsvpc a host port is the container port, from 1 to 65535');
}

function refuseLinuxParameters(
  { linuxParameters: { capabilities, tmpfs = [] } = {} }: ContainerDefinition,
  refuse: (why: string) => never,
): void {
  const dropped = (capabilities?.drop ?? []).find((one) => !CAPABILITIES.has(one));
  if (dropped !== undefined) refuse(`capability ${dropped} is not known`);
  for (const { containerPath, size, mountOptions = [] } of tmpfs) {
    if (!containerPath.startsWith('/') || size < 1)
      refuse('a tmpfs needs an absolute path and a size');
    const option = mountOptions.find((one) => !TMPFS_OPTIONS.has(one.replace(/=.*/, '')));
    if (option !== undefined) refuse(`tmpfs option ${option} is not known`);
  }
}

/** The agent pulls and writes logs as the execution role. */
function refuseWithoutRole(
  { executionRoleArn }: TaskDefinition,
  { logConfiguration, repositoryCredentials }: ContainerDefinition,
): void {
  if (logConfiguration !== undefined) {
    if (executionRoleArn === undefined)
      throw client(
        'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
      );
    for (const option of ['awslogs-group', 'awslogs-region', 'awslogs-stream-prefix'])
      if (!own(logConfiguration.options, option))
        throw client(`Log driver awslogs requires options: ${option}`);
  }
  if (repositoryCredentials !== undefined && executionRoleArn === undefined)
    throw client(
      'Fargate requires task definition to have execution role ARN to support private registries.',
    );
}

const isWithin = (value: number, { from, to }: { from: number; to: number }): boolean =>
  Number.isInteger(value) && value >= from && value <= to;

function client(message: string): AwsError {
  return new AwsError('ClientException', message);
}
