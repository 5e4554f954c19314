// Limits that no single field tells: number of containers, size, resources that do not exist, ports, mounts that go together.
import type { FieldError } from '../errors.ts';
import type { Container, Pod, PodSpec } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { forbiddenValue } from '../validation/field-errors.ts';
import { aggregateRequest } from './pod-resources.ts';
import { compareQuantities, parseQuantity, printQuantity } from './quantity.ts';

/** Ten containers in a task definition, one of them the podlet. */
export const MAX_CONTAINERS = 9;
/** The largest Fargate task (platform 1.4.0), and its disk. A pod that asks for more stays Pending as Unschedulable, as in Kubernetes. */
export const LARGEST = { cpu: '32', memory: '244Gi', 'ephemeral-storage': '200Gi' } as const;

const SERVED = Object.keys(LARGEST);

const containersOf = (spec: PodSpec): [string, Container][] =>
  (['initContainers', 'containers'] as const).flatMap((list) => (spec[list] ?? []).map((container, index): [string, Container] => [`spec.${list}[${index}]`, container]));

/** Problems of the whole pod on Fargate. */
export function fargateProblems({ spec }: Pod): FieldError[] {
  const containers = containersOf(spec);
  return [
    ...(containers.length > MAX_CONTAINERS
      ? [forbiddenValue('spec.containers', `a Fargate task holds at most ${MAX_CONTAINERS} containers beside the podlet, init containers included; this pod has ${containers.length}`)] : []),
    ...containers.flatMap(([field, container]) => [...resourceProblems(field, container), ...portProblems(field, container), ...subPathProblems(field, container)]),
  ];
}

function resourceProblems(field: string, { resources }: Container): FieldError[] {
  return (['limits', 'requests'] as const).flatMap((list) => Object.keys(resources?.[list] ?? {})
    .filter((name) => !SERVED.includes(name))
    .map((name) => forbiddenValue(`${field}.resources.${list}[${name}]`, 'Fargate has cpu, memory and ephemeral storage only, no GPUs, huge pages or other devices')));
}

function portProblems(field: string, { ports }: Container): FieldError[] {
  return (ports ?? []).flatMap(({ hostPort, containerPort }, index) =>
    hostPort && hostPort !== containerPort ? [forbiddenValue(`${field}.ports[${index}].hostPort`, 'Fargate has no host ports; it may only equal containerPort')] : []);
}

// A link in the container stands for a subPath, so its root must be writable.
function subPathProblems(field: string, { securityContext, volumeMounts = [] }: Container): FieldError[] {
  return volumeMounts.flatMap(({ subPath, subPathExpr, mountPath }, index) => {
    if (!subPath && !subPathExpr) return [];
    const path = `${field}.volumeMounts[${index}].${subPath ? 'subPath' : 'subPathExpr'}`;
    const holds = volumeMounts.some((other) => other.mountPath.startsWith(`${mountPath.replace(/\/+$/, '')}/`));
    if (securityContext?.readOnlyRootFilesystem) return [forbiddenValue(path, 'Fargate mounts whole volumes; with readOnlyRootFilesystem no link can stand in')];
    return holds ? [forbiddenValue(path, 'Fargate mounts whole volumes; where another one is mounted inside no link can stand in')] : [];
  });
}

/** Termination messages that nobody will find: their file lies in a root that cannot be written to. */
export function messageWarnings({ spec }: Pod): string[] {
  return containersOf(spec).flatMap(([field, { securityContext, terminationMessagePath: path = '', volumeMounts = [] }]) => {
    const writable = ['/dev', ...volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath)];
    if (!securityContext?.readOnlyRootFilesystem || path === '' || writable.some((root) => path.startsWith(`${root.replace(/\/+$/, '')}/`))) return [];
    return [`${field}.terminationMessagePath: Fargate mounts no single files; with readOnlyRootFilesystem ${path} can only lie below /dev or in a writable volume`];
  });
}

/** A pod that no Fargate task is large enough for is taken and waits; its author is told at once. */
export function sizeWarnings({ spec }: Pod): string[] {
  return Object.entries(LARGEST).flatMap(([name, text]) => {
    const stated = own(spec.resources?.requests, name);
    const sum = stated === undefined ? aggregateRequest(spec, name) : parseQuantity(stated);
    const largest = parseQuantity(text);
    if (!sum || !largest || compareQuantities(sum, largest) <= 0) return [];
    return [`spec.containers: ${printQuantity(sum)} of ${name} is requested and the largest Fargate task has ${text}: the pod cannot be scheduled`];
  });
}

/** Memory volumes that become disk, because a tmpfs of Fargate belongs to one container. */
export function memoryWarnings({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, emptyDir }, index) => {
    const users = containersOf(spec).filter(([, container]) => (container.volumeMounts ?? []).some((mount) => mount.name === name));
    if (emptyDir?.medium !== 'Memory' || users.length < 2) return [];
    return [`spec.volumes[${index}].emptyDir.medium: on Fargate a memory volume belongs to one container; this one is on disk because ${users.length} mount it`];
  });
}
