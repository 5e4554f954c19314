// `/ephemeralcontainers` and `/resize` of pods: each takes one part of the spec.
import type { KubeObject } from '../../kinds/pod.ts';
import { KEEPS_SIZE } from '../../fargate/size.ts';
import { refuseEphemeralContainers } from '../../refusals/refusals.ts';
import { validatePodResize, withResizeOf } from '../../pod/validation/pod-resize.ts';
import {
  defaultEphemeralContainers,
  validateEphemeralContainersUpdate,
} from '../../pod/validation/validate-pod.ts';
import { objectOf, pods, refusals } from './pods.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { Strategy } from './strategy.ts';

function takeEphemeralContainers(next: KubeObject, old: KubeObject): KubeObject {
  const pod = toPod(old);
  const containers = toPod(next).spec.ephemeralContainers ?? [];
  const { ephemeralContainers: _old, ...spec } = pod.spec;
  return objectOf({
    ...pod,
    metadata: next.metadata,
    spec:
      containers.length === 0
        ? spec
        : { ...spec, ephemeralContainers: defaultEphemeralContainers(containers) },
  });
}

/** `/ephemeralcontainers`: takes only spec.ephemeralContainers. */
export const podEphemeralContainers: Strategy = {
  ...pods,
  defaults: (object) => object,
  prepareForUpdate: takeEphemeralContainers,
  validateUpdate: (next, old, call) => {
    const problems = validateEphemeralContainersUpdate(toPod(next), toPod(old));
    return problems.length > 0
      ? problems
      : refusals(call, refuseEphemeralContainers(toPod(next), toPod(old), call.ports.settings));
  },
};

function takeResources(next: KubeObject, old: KubeObject): KubeObject {
  return objectOf(withResizeOf(toPod(next), toPod(old)));
}

/** `/resize`: resources and resizePolicy of containers and sidecars, where the engine can change a running task. */
export const podResize: Strategy = {
  ...pods,
  prepareForUpdate: takeResources,
  validateUpdate: (next, old, { ports }) =>
    validatePodResize(
      toPod(next),
      toPod(old),
      ports.settings.mode === 'local' ? undefined : KEEPS_SIZE,
    ),
};
