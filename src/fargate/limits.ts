// Limits that span several fields: number of containers, size, unknown resources, ports, mounts that belong together.
import { LARGEST } from '../pod/placement/node-size.ts';
import type { FieldError } from '../errors.ts';
import type { Container, Pod, PodSpec } from '../kinds/pod.ts';
import { own } from '../own.ts';
import { forbiddenValue } from '../validation/field-errors.ts';
import { containerView } from '../pod/volumes/container-view.ts';
import { aggregateRequest } from '../pod/model/pod-resources.ts';
import { compareQuantities, parseQuantity, printQuantity } from '../pod/model/quantity.ts';
import { seedersOf } from '../pod/volumes/seeders.ts';
import { keysOf, memoryKeys } from '../pod/volumes/mounted-volumes.ts';
import { partsOf } from '../pod/volumes/volume-parts.ts';
import { isUsed, usesOf, volumeOf } from '../pod/volumes/volumes.ts';
import { noPlaceText } from './no-place.ts';

/** Ten containers in a task definition, one of them the podlet. */
export const MAX_CONTAINERS = 9;

/** A task definition may have 64 KiB, of which a mount with its volume takes about 200 bytes. */
export const MAX_MOUNTS = 256;

const SERVED = Object.keys(LARGEST);

const containersOf = (spec: PodSpec): [string, Container][] =>
  (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index): [string, Container] => [
      `spec.${list}[${index}]`,
      container,
    ]),
  );

/** Problems of the whole pod on Fargate. `devices`: resources that nodes may have (extended ones) are left to scheduling. */
export function fargateProblems(pod: Pod, devices = false): FieldError[] {
  const containers = containersOf(pod.spec);
  return [
    ...(hasTooMany(pod)
      ? [tooMany(`${mountsOf(pod)} mounts and ${(pod.spec.volumes ?? []).length} volumes`)]
      : [...countProblems(pod, containers.length), ...partProblems(pod)]),
    ...containers.flatMap(([field, container]) => [
      ...resourceProblems(field, container, devices),
      ...portProblems(field, container),
    ]),
  ];
}

const mountsOf = ({ spec }: Pod): number =>
  containersOf(spec).reduce((sum, [, { volumeMounts = [] }]) => sum + volumeMounts.length, 0);
const hasTooMany = (pod: Pod): boolean =>
  mountsOf(pod) > MAX_MOUNTS || (pod.spec.volumes ?? []).length > MAX_MOUNTS;
const tooMany = (what: string): FieldError =>
  forbiddenValue(
    'spec.volumes',
    `a Fargate task definition has 64 KiB: at most ${MAX_MOUNTS} volumes and ${MAX_MOUNTS} mounts, parts inside other parts included; this pod has ${what}`,
  );

function resourceProblems(field: string, { resources }: Container, devices: boolean): FieldError[] {
  return (['limits', 'requests'] as const).flatMap((list) =>
    Object.keys(resources?.[list] ?? {})
      .filter((name) => !SERVED.includes(name) && !(devices && name.includes('/')))
      .map((name) =>
        forbiddenValue(
          `${field}.resources.${list}[${name}]`,
          'Fargate has cpu, memory and ephemeral storage only, no GPUs, huge pages or other devices',
        ),
      ),
  );
}

function portProblems(field: string, { ports }: Container): FieldError[] {
  return (ports ?? []).flatMap(({ hostPort, containerPort }, index) =>
    hostPort && hostPort !== containerPort
      ? [
          forbiddenValue(
            `${field}.ports[${index}].hostPort`,
            'Fargate has no host ports; it may only equal containerPort',
          ),
        ]
      : [],
  );
}

/** Parts of volumes that a Fargate task cannot show; a single file under a read-only root needs a container that copies its directory. */
function partProblems(pod: Pod): FieldError[] {
  const views = containersOf(pod.spec).map(([field, container]) => ({
    field,
    container,
    view: containerView(pod, container),
  }));
  const mounts = views.reduce((sum, { view }) => sum + view.mounts.length, 0);
  return [
    ...(mounts > MAX_MOUNTS ? [tooMany(`${mounts} mounts`)] : []),
    ...views.flatMap(({ field, container, view }) => {
      const numbers = new Map((container.volumeMounts ?? []).map((mount, index) => [mount, index]));
      return view.impossible.map(({ mount, why }) =>
        forbiddenValue(
          `${field}.volumeMounts[${numbers.get(mount) ?? -1}].${mount.subPath ? 'subPath' : 'subPathExpr'}`,
          noPlaceText(why),
        ),
      );
    }),
  ];
}

function countProblems(pod: Pod, count: number): FieldError[] {
  const seeders = seedersOf(pod).length;
  if (count + seeders <= MAX_CONTAINERS) return [];
  const files =
    seeders === 0
      ? ''
      : `; ${seeders} more would bring the single files that containers with readOnlyRootFilesystem mount`;
  return [
    forbiddenValue(
      'spec.containers',
      `a Fargate task holds at most ${MAX_CONTAINERS} containers beside the podlet, init containers included; this pod has ${count}${files}`,
    ),
  ];
}

/** Termination messages that cannot be written: their file lies in a read-only root. */
export function messageWarnings({ spec }: Pod): string[] {
  return containersOf(spec).flatMap(
    ([field, { securityContext, terminationMessagePath: path = '', volumeMounts = [] }]) => {
      const writable = [
        '/dev',
        ...volumeMounts
          .filter(({ readOnly }) => readOnly !== true)
          .map(({ mountPath }) => mountPath),
      ];
      if (
        !securityContext?.readOnlyRootFilesystem ||
        path === '' ||
        writable.some((root) => path.startsWith(`${root.replace(/\/+$/, '')}/`))
      )
        return [];
      return [
        `${field}.terminationMessagePath: Fargate mounts no single files; with readOnlyRootFilesystem ${path} can only lie below /dev or in a writable volume`,
      ];
    },
  );
}

/** A pod that is too large for every Fargate task is accepted and waits; its author gets a warning at once. */
export function sizeWarnings({ spec }: Pod): string[] {
  return Object.entries(LARGEST).flatMap(([name, text]) => {
    const stated = own(spec.resources?.requests, name);
    const sum = stated === undefined ? aggregateRequest(spec, name) : parseQuantity(stated);
    const largest = parseQuantity(text);
    if (!sum || !largest || compareQuantities(sum, largest) <= 0) return [];
    return [
      `spec.containers: ${printQuantity(sum)} of ${name} is requested and the largest Fargate task has ${text}: the pod cannot be scheduled`,
    ];
  });
}

/** Memory volumes that become disk, because Fargate's tmpfs belongs to one mount of one container. */
export function memoryWarnings(pod: Pod): string[] {
  if (hasTooMany(pod)) return [];
  const memory = memoryKeys(pod);
  return (pod.spec.volumes ?? []).flatMap((volume, index) => {
    if (volume.emptyDir?.medium !== 'Memory') return [];
    const disk = keysOf(pod, volume, memory).length > 0;
    const users = usesOf(pod, volume.name).length;
    if (!disk || !isUsed(pod, volume)) return [];
    const why = users > 1 ? `${users} mounts show it` : 'variables are read from it';
    return [
      `spec.volumes[${index}].emptyDir.medium: on Fargate a memory volume belongs to one mount of one container; this one is on disk because ${why}`,
    ];
  });
}

/** A part that is mounted inside its volume from the beginning: an init container that should create it finds it already there. */
export function partWarnings(pod: Pod): string[] {
  if (hasTooMany(pod)) return [];
  return (pod.spec.volumes ?? []).flatMap((volume, index) => {
    if (volume.emptyDir === undefined) return [];
    return partsOf(pod, volume).early.map(
      (path) =>
        `spec.volumes[${index}]: the directory ${path} is there from the beginning, because a container that mounts more of the volume runs beside or after the first one that mounts it as subPath`,
    );
  });
}

/** Parts of a volume that are links into it: what does not follow links finds no directory there. A link to a single file is one to all. */
export function linkWarnings(pod: Pod): string[] {
  if (hasTooMany(pod)) return [];
  return containersOf(pod.spec).flatMap(([field, container]) => {
    const numbers = new Map((container.volumeMounts ?? []).map((mount, index) => [mount, index]));
    return containerView(pod, container).placings.flatMap(({ mount, base }) => {
      const isFile = mount.subPath && volumeOf(pod, mount.name)?.emptyDir !== undefined;
      if (base === undefined || isFile) return [];
      return [
        `${field}.volumeMounts[${numbers.get(mount) ?? -1}].${mount.subPath ? 'subPath' : 'subPathExpr'}: shown as a link into the volume, which find, tar and chown -R do not follow`,
      ];
    });
  });
}
