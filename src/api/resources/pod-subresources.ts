// `/ephemeralcontainers` and `/resize` of pods: endpoints that take one part of the spec.
import type { KubeObject, Pod } from '../../kinds/pod.ts';
import { qosClass } from '../../pod/qos.ts';
import { defaultEphemeralContainers, validateEphemeralContainersUpdate } from '../../pod/validation/validate-pod.ts';
import { objectOf, podOf, pods } from './pods.ts';
import type { Strategy } from './strategy.ts';

function takeEphemeralContainers(next: KubeObject, old: KubeObject): KubeObject {
  const pod = podOf(old);
  const containers = podOf(next).spec.ephemeralContainers ?? [];
  const { ephemeralContainers: _old, ...spec } = pod.spec;
  return objectOf({ ...pod, metadata: next.metadata, spec: containers.length === 0 ? spec : { ...spec, ephemeralContainers: defaultEphemeralContainers(containers) } });
}

/** `/ephemeralcontainers`: only spec.ephemeralContainers is taken. */
export const podEphemeralContainers: Strategy = {
  ...pods,
  defaults: (object) => object,
  prepareForUpdate: takeEphemeralContainers,
  validateUpdate: (next, old) => validateEphemeralContainersUpdate(podOf(next), podOf(old)),
};

function takeResources(next: KubeObject, old: KubeObject): KubeObject {
  const wanted = new Map(podOf(next).spec.containers.map((container) => [container.name, container]));
  const pod = podOf(old);
  const containers = pod.spec.containers.map((container) => {
    const { resources, resizePolicy } = wanted.get(container.name) ?? container;
    return { ...container, resources: resources ?? {}, ...(resizePolicy ? { resizePolicy } : {}) };
  });
  return objectOf({ ...pod, metadata: next.metadata, spec: { ...pod.spec, containers } });
}

const quantities = (pod: Pod): string => JSON.stringify(pod.spec.containers.map(({ resources }) => resources));

/** `/resize`: a Fargate task's size is fixed for its life, so a changed size is refused with Kubernetes' own words for such nodes. */
export const podResize: Strategy = {
  ...pods,
  prepareForUpdate: takeResources,
  validateUpdate: (next, old) => {
    const [wanted, present] = [podOf(next), podOf(old)];
    if (quantities(wanted) === quantities(present)) return [];
    if (qosClass(wanted) !== qosClass(present)) {
      return [{ field: 'spec', reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(qosClass(wanted))}: Pod QOS Class may not change as a result of resizing` }];
    }
    return [{ field: 'spec', reason: 'FieldValueForbidden', message: 'Forbidden: Pod running on node without support for resize' }];
  },
};
