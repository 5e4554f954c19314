// An ephemeral container as a container that joins the pod's running task; only local mode can.
import type { EphemeralContainer, Pod } from '../kinds/pod.ts';
import type { AddedContainer } from '../ports/live-tasks.ts';
import { present } from '../present.ts';
import { containerDefinition } from './container-definition.ts';
import { ADDED_VOLUME, controlVolume } from './mount-points.ts';
import type { DefinitionContext } from './podlet-definition.ts';

/** Like a container of the task definition, but its socket lies in the volume that the podlet has for such containers. */
export function addedContainer(
  pod: Pod,
  {
    targetContainerName,
    restartPolicy: _never,
    ...container
  }: EphemeralContainer & { restartPolicy?: string },
  context: DefinitionContext,
): AddedContainer {
  return {
    ...containerDefinition(pod, container, context),
    ...present({ pidOf: targetContainerName || undefined }),
    parts: [{ name: controlVolume(container.name), volume: ADDED_VOLUME, path: container.name }],
  };
}
