// Turns a stored or decoded object of the resource pods into the pod that the pure rules take.
import type { KubeObject, Pod } from '../../kinds/pod.ts';
import { isMap, own } from '../../own.ts';

/** The object as a pod; missing containers or status are empty. */
export function toPod(object: KubeObject): Pod {
  const spec = isMap(object['spec']) ? object['spec'] : {};
  const containers = own(spec, 'containers');
  if (containers && object['status']) return object as unknown as Pod;
  return {
    ...object,
    spec: { ...spec, containers: containers ?? [] },
    status: object['status'] ?? {},
  } as unknown as Pod;
}
