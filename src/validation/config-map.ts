// Defaults and rules of a ConfigMap.
import type { FieldError } from '../errors.ts';
import type { ConfigMap } from '../kinds/pod.ts';
import { lockedChanges, validateKeys, validateSize } from './data.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

/** The ConfigMap without empty maps; it has no defaults. */
export function defaultConfigMap(configMap: ConfigMap): ConfigMap {
  const { data, binaryData, ...rest } = configMap;
  return {
    ...rest,
    ...(data && Object.keys(data).length > 0 && { data }),
    ...(binaryData && Object.keys(binaryData).length > 0 && { binaryData }),
  };
}

/** Problems of a ConfigMap at creation, metadata included. */
export function validateConfigMap(configMap: ConfigMap): FieldError[] {
  return [
    ...validateObjectMeta(configMap.metadata ?? {}, { namespaced: true, name: 'subdomain' }),
    ...validateBody(configMap),
  ];
}

function validateBody({ data, binaryData }: ConfigMap): FieldError[] {
  return [
    ...validateKeys(data, 'data', binaryData),
    ...validateKeys(binaryData, 'binaryData'),
    // Kubernetes names no field here; its empty path prints as brackets.
    ...validateSize('[]', {
      ...(data && { text: data }),
      ...(binaryData && { base64: binaryData }),
    }),
  ];
}

/** Problems of an update, metadata included. */
export function validateConfigMapUpdate(next: ConfigMap, old: ConfigMap): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata ?? {}, old.metadata ?? {}),
    ...lockedChanges(next, old, ['data', 'binaryData']),
    ...validateConfigMap(next),
  ];
}
