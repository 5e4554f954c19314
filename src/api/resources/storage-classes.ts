// StorageClasses at the API; local mode has a default one, whose volumes are the engine's.
import type { KubeObject } from '../../kinds/pod.ts';
import {
  defaultStorageClass,
  isDefaultClass,
  validateStorageClass,
  validateStorageClassUpdate,
} from '../../workloads/storage/storage-class.ts';
import type { StorageClass } from '../../workloads/storage/storage-class.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { plain } from './plain.ts';
import type { Strategy } from './strategy.ts';

const SCHEMA = 'io.k8s.api.storage.v1.StorageClass';

const classOf = (object: KubeObject): StorageClass => object as unknown as StorageClass;

export const storageClasses: Strategy = {
  ...plain,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Provisioner', fieldDescription(SCHEMA, 'provisioner')),
      column('ReclaimPolicy', fieldDescription(SCHEMA, 'reclaimPolicy')),
      column('VolumeBindingMode', fieldDescription(SCHEMA, 'volumeBindingMode')),
      column('AllowVolumeExpansion', fieldDescription(SCHEMA, 'allowVolumeExpansion')),
      ageColumn(),
    ],
    (object) => [
      (object.metadata.name ?? '') + (isDefaultClass(classOf(object)) ? ' (default)' : ''),
      classOf(object).provisioner,
      classOf(object).reclaimPolicy ?? 'Delete',
      classOf(object).volumeBindingMode ?? 'Immediate',
      classOf(object).allowVolumeExpansion ?? false,
      age(object),
    ],
  ),
  defaults: (object) => defaultStorageClass(classOf(object)) as unknown as KubeObject,
  validate: (object) => validateStorageClass(classOf(object)),
  validateUpdate: (next, old) => validateStorageClassUpdate(classOf(next), classOf(old)),
  returnsDeleted: true,
};
