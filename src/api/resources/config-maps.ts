// ConfigMaps and Secrets: data by keys.
import type { ConfigMap, KubeObject, Secret } from '../../kinds/pod.ts';
import {
  defaultConfigMap,
  validateConfigMap,
  validateConfigMapUpdate,
} from '../../validation/config-map.ts';
import { defaultSecret, validateSecret, validateSecretUpdate } from '../../validation/secret.ts';
import { publishRootCa, ROOT_CA } from '../namespaces/fill-namespace.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { member, plain, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

const configMapOf = (object: KubeObject): ConfigMap => object as ConfigMap;
const secretOf = (object: KubeObject): Secret => object as Secret;
const objectOf = (object: ConfigMap | Secret): KubeObject => ({
  ...object,
  metadata: object.metadata ?? {},
});
const count = (object: KubeObject, name: string): number =>
  Object.keys(member(object, name) ?? {}).length;

/** The CA's ConfigMap always stays as the system created it (root-ca-cert-publisher). */
const isRootCa = (object: KubeObject): boolean => object.metadata.name === ROOT_CA;

export const configMaps: Strategy = {
  ...plain,
  updated: async (object, _old, { ports }) => {
    if (isRootCa(object)) await publishRootCa(ports, object.metadata.namespace ?? '');
  },
  removed: async (object, { ports }) => {
    if (isRootCa(object)) await publishRootCa(ports, object.metadata.namespace ?? '');
  },
  printer: lazyPrinter(
    () => [nameColumn(), column('Data', fieldDescription('ConfigMap', 'data')), ageColumn()],
    (object) => [
      object.metadata.name ?? '',
      count(object, 'data') + count(object, 'binaryData'),
      age(object),
    ],
  ),
  defaults: (object) => objectOf(defaultConfigMap(configMapOf(object))),
  validate: (object) => validateConfigMap(configMapOf(object)),
  validateUpdate: (next, old) => validateConfigMapUpdate(configMapOf(next), configMapOf(old)),
};

export const secrets: Strategy = {
  ...plain,
  fields: { own: true, fields: { type: (object) => text(object, 'type') } },
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Type', fieldDescription('Secret', 'type')),
      column('Data', fieldDescription('Secret', 'data')),
      ageColumn(),
    ],
    (object) => [
      object.metadata.name ?? '',
      text(object, 'type'),
      count(object, 'data'),
      age(object),
    ],
  ),
  defaults: (object) => objectOf(defaultSecret(secretOf(object))),
  // A patch that removes the type keeps the stored one.
  prepareForUpdate: (next, old) => ({ ...next, type: text(next, 'type') || text(old, 'type') }),
  validate: (object) => validateSecret(secretOf(object)),
  validateUpdate: (next, old) => validateSecretUpdate(secretOf(next), secretOf(old)),
};
