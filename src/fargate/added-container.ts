// An ephemeral container that joins the pod's running task; only local mode can add one.
import type { EphemeralContainer, Pod } from '../kinds/pod.ts';
import type { AddedContainer } from '../ports/live-tasks.ts';
import { present } from '../present.ts';
import { containerDefinition } from './container-definition.ts';
import { ADDED_VOLUME, controlVolume } from './mount-points.ts';
import type { DefinitionContext } from './podlet-definition.ts';

/** Like a container of the task definition, but its socket is in the podlet's volume for such containers. */
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
