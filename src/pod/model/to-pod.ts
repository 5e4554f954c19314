// A stored or decoded object of the resource pods as the pod that the pure rules take.
import type { KubeObject, Pod } from '../../kinds/pod.ts';
import { isMap, own } from '../../own.ts';

/** The object as a pod; one without containers or status has empty ones. */
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
