// `/ephemeralcontainers` and `/resize` of pods: endpoints that take one part of the spec.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
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

type Limits = 'limits' | 'requests';

/** Requests and limits may change but not go away. */
function removals(next: Pod, old: Pod): FieldError[] {
  return old.spec.containers.flatMap(({ resources }, index) => (['limits', 'requests'] satisfies Limits[]).flatMap((kind) => {
    const left = Object.keys(next.spec.containers[index]?.resources?.[kind] ?? {});
    const gone = Object.keys(resources?.[kind] ?? {}).some((name) => !left.includes(name));
    return gone ? [{ field: `spec.containers[${index}].resources.${kind}`, reason: 'FieldValueForbidden', message: `Forbidden: resource ${kind} cannot be removed` }] : [];
  }));
}

function validateResize(next: Pod, old: Pod): FieldError[] {
  const resources = (pod: Pod): unknown => pod.spec.containers.map((container) => container.resources ?? {});
  if (isDeepStrictEqual(resources(next), resources(old))) return [];
  const qos = qosClass(old);
  const changed = qosClass(next) === qos ? [] : [{ field: 'spec', reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(qos)}: Pod QOS Class may not change as a result of resizing` }];
  const problems = [...changed, ...removals(next, old)];
  return problems.length > 0 ? problems : [{ field: 'spec', reason: 'FieldValueForbidden', message: 'Forbidden: Pod running on node without support for resize' }];
}

/** `/resize`: a Fargate task's size is fixed for its life, so a changed size is refused with Kubernetes' own words for such nodes. */
export const podResize: Strategy = {
  ...pods,
  prepareForUpdate: takeResources,
  validateUpdate: (next, old) => validateResize(podOf(next), podOf(old)),
};
