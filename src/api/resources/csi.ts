// CSIDriver and CSINode: what charts of volume plug-ins bring, and their node plug-ins write. No plug-in can run here; a warning says so.
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { isMap, listOf } from '../../own.ts';
import type { Cell } from '../../pod/status/human-duration.ts';
import { duplicate, required } from '../../validation/field-errors.ts';
import { repeats } from '../../repeats.ts';
import { age, ageColumn, column, lazyPrinter, nameColumn } from './columns.ts';
import { immutable, member, plain, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const driversOf = (object: KubeObject): unknown[] => listOf(member(object, 'spec', 'drivers'));

function driverProblems(object: KubeObject): FieldError[] {
  const names = driversOf(object).map((driver) => text(driver, 'name'));
  const second = repeats(names);
  return driversOf(object).flatMap((driver, index) => {
    const field = `spec.drivers[${index}]`;
    const name = names[index] ?? '';
    return [
      ...(name === '' ? [required(`${field}.name`)] : []),
      ...(text(driver, 'nodeID') === '' ? [required(`${field}.nodeID`)] : []),
      ...(second.has(index) ? [duplicate(`${field}.name`, name)] : []),
    ];
  });
}

const NO_PLUG_INS = 'spec: stored, but droppod runs no volume plug-ins (CSI)';

export const csiNodes: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      { ...column('Drivers', 'The number of CSI drivers that run on the node'), type: 'integer' },
      ageColumn(),
    ],
    (object) => [object.metadata.name ?? '', driversOf(object).length, age(object)],
  ),
  validate: (object, call) => [...plain.validate(object, call), ...driverProblems(object)],
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...driverProblems(next),
  ],
  warnings: () => [NO_PLUG_INS],
  returnsDeleted: true,
};

const DRIVER = {
  attachRequired: true,
  podInfoOnMount: false,
  storageCapacity: false,
  fsGroupPolicy: 'ReadWriteOnceWithFSType',
  volumeLifecycleModes: ['Persistent'],
  requiresRepublish: false,
  seLinuxMount: false,
};

const truth = (object: KubeObject, name: string): Cell => member(object, 'spec', name) === true;

export const csiDrivers: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      { ...column('AttachRequired', 'Whether a volume must be attached'), type: 'boolean' },
      { ...column('PodInfoOnMount', 'Whether the driver is given the pod'), type: 'boolean' },
      { ...column('StorageCapacity', 'Whether the driver publishes capacity'), type: 'boolean' },
      column('TokenRequests', 'The audiences of tokens that the driver is given'),
      { ...column('RequiresRepublish', 'Whether volumes are published again'), type: 'boolean' },
      column('Modes', 'The kinds of volumes that the driver serves'),
      ageColumn(),
    ],
    (object): Cell[] => [
      object.metadata.name ?? '',
      truth(object, 'attachRequired'),
      truth(object, 'podInfoOnMount'),
      truth(object, 'storageCapacity'),
      listOf(member(object, 'spec', 'tokenRequests'))
        .map((one) => text(one, 'audience'))
        .join(',') || '<unset>',
      truth(object, 'requiresRepublish'),
      listOf(member(object, 'spec', 'volumeLifecycleModes'))
        .map(String)
        .join(','),
      age(object),
    ],
  ),
  defaults: (object) => ({
    ...object,
    spec: { ...DRIVER, ...(isMap(object['spec']) ? object['spec'] : {}) },
  }),
  validateUpdate: (next, old, call) => [
    ...plain.validateUpdate(next, old, call),
    ...['attachRequired', 'fsGroupPolicy', 'volumeLifecycleModes'].flatMap((name) =>
      immutable(`spec.${name}`, member(next, 'spec', name), member(old, 'spec', name)),
    ),
  ],
  warnings: () => [NO_PLUG_INS],
  returnsDeleted: true,
};
