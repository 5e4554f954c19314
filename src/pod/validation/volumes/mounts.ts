// Rules of volumeMounts and volumeDevices.
import type { FieldError } from '../../../errors.ts';
import type { Container, Volume, VolumeMount } from '../../../kinds/pod.ts';
import { repeats } from '../../../repeats.ts';
import {
  forbiddenValue,
  invalidEach,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../../../validation/field-errors.ts';
import { relativePathProblems } from '../../../validation/names.ts';

type VolumeDevice = NonNullable<Container['volumeDevices']>[number];
type Volumes = ReadonlyMap<string, Volume>;
const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

/** Problems of the mounts of one container. */
export function validateMounts(
  container: Container,
  volumes: Volumes,
  field: string,
): FieldError[] {
  const { volumeMounts = [], volumeDevices: devices = [] } = container;
  const second = repeats(volumeMounts.map(({ mountPath }) => mountPath));
  const deviceNames = new Set(devices.map(({ name }) => name));
  const devicePaths = new Set(devices.map(({ devicePath }) => devicePath));
  return volumeMounts.flatMap((mount, index) => {
    const own = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!mount.name) errors.push(required(`${own}.name`));
    if (!volumes.has(mount.name)) errors.push(notFoundValue(`${own}.name`, mount.name ?? ''));
    if (!mount.mountPath) errors.push(required(`${own}.mountPath`));
    if (second.has(index))
      errors.push(invalidValue(`${own}.mountPath`, mount.mountPath ?? '', 'must be unique'));
    if (deviceNames.has(mount.name))
      errors.push(
        invalidValue(`${own}.name`, mount.name ?? '', 'must not already exist in volumeDevices'),
      );
    if (devicePaths.has(mount.mountPath)) {
      errors.push(
        invalidValue(
          `${own}.mountPath`,
          mount.mountPath ?? '',
          'must not already exist as a path in volumeDevices',
        ),
      );
    }
    return [
      ...errors,
      ...validateSubPaths(mount, field),
      ...validatePropagation(mount, container, field),
      ...validateRecursion(mount, field),
    ];
  });
}

// Kubernetes leaves the index out of these paths.
function validateSubPaths(mount: VolumeMount, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (mount.subPath)
    errors.push(
      ...invalidEach(
        `${field}.subPath`,
        mount.subPath,
        relativePathProblems(mount.subPath).slice(0, 1),
      ),
    );
  if (!mount.subPathExpr) return errors;
  if (mount.subPath)
    errors.push(
      invalidValue(
        `${field}.subPathExpr`,
        mount.subPathExpr,
        'subPathExpr and subPath are mutually exclusive',
      ),
    );
  return [
    ...errors,
    ...invalidEach(
      `${field}.subPathExpr`,
      mount.subPathExpr,
      relativePathProblems(mount.subPathExpr).slice(0, 1),
    ),
  ];
}

function validatePropagation(
  mount: VolumeMount,
  container: Container,
  field: string,
): FieldError[] {
  const { mountPropagation } = mount;
  if (mountPropagation === undefined) return [];
  if (!PROPAGATIONS.includes(mountPropagation))
    return [notSupported(`${field}.mountPropagation`, mountPropagation, PROPAGATIONS)];
  if (mountPropagation !== 'Bidirectional' || container.securityContext?.privileged) return [];
  return [
    forbiddenValue(
      `${field}.mountPropagation`,
      'Bidirectional mount propagation is available only to privileged containers',
    ),
  ];
}

function validateRecursion(mount: VolumeMount, field: string): FieldError[] {
  const mode = mount.recursiveReadOnly;
  const own = `${field}.recursiveReadOnly`;
  if (mode === undefined || mode === 'Disabled') return [];
  if (mode !== 'Enabled' && mode !== 'IfPossible')
    return [notSupported(own, mode, ['Disabled', 'Enabled', 'IfPossible'])];
  if (!mount.readOnly) return [forbiddenValue(own, 'may only be specified when readOnly is true')];
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    return [
      forbiddenValue(own, 'may only be specified when mountPropagation is None or not specified'),
    ];
  }
  return [];
}

/** Problems of the block devices of one container. */
export function validateDevices(
  container: Container,
  volumes: Volumes,
  field: string,
): FieldError[] {
  const { volumeMounts: mounts = [], volumeDevices = [] } = container;
  const secondNames = repeats(volumeDevices.map(({ name }) => name));
  const secondPaths = repeats(volumeDevices.map(({ devicePath }) => devicePath));
  const mounted = {
    names: new Set(mounts.map(({ name }) => name)),
    paths: new Set(mounts.map(({ mountPath }) => mountPath)),
  };
  return volumeDevices.flatMap((device, index) => {
    const own = `${field}[${index}]`;
    const errors: FieldError[] = [];
    const volume = volumes.get(device.name);
    if (!device.name) errors.push(required(`${own}.name`));
    else if (secondNames.has(index))
      errors.push(invalidValue(`${own}.name`, device.name, 'must be unique'));
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
      errors.push(
        invalidValue(
          `${own}.name`,
          device.name,
          'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        ),
      );
    }
    if (!volume) errors.push(notFoundValue(`${own}.name`, device.name ?? ''));
    if (!device.devicePath) errors.push(required(`${own}.devicePath`));
    else if (secondPaths.has(index))
      errors.push(invalidValue(`${own}.devicePath`, device.devicePath, 'must be unique'));
    if (device.devicePath?.split('/').includes('..'))
      errors.push(
        invalidValue(`${own}.devicePath`, device.devicePath, "can not contain backsteps ('..')"),
      );
    errors.push(...mountedToo(device, mounted, own));
    return errors;
  });
}

function mountedToo(
  { name, devicePath }: VolumeDevice,
  mounted: { names: ReadonlySet<string>; paths: ReadonlySet<string> },
  field: string,
): FieldError[] {
  return [
    ...(mounted.names.has(name)
      ? [invalidValue(`${field}.name`, name ?? '', 'must not already exist in volumeMounts')]
      : []),
    ...(mounted.paths.has(devicePath)
      ? [
          invalidValue(
            `${field}.devicePath`,
            devicePath ?? '',
            'must not already exist as a path in volumeMounts',
          ),
        ]
      : []),
  ];
}
