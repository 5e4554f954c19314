// The containers of a pod by name and kind. Every rule that depends on "is it an init container?" uses these functions.
import type { Container, EphemeralContainer, Pod } from '../../kinds/pod.ts';

export type ContainerKind = 'init' | 'sidecar' | 'app' | 'ephemeral';

/** An init container whose own restartPolicy is Always is a sidecar. */
const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/** The container's kind; a name that the spec lacks counts as an app container. */
export function containerKind(pod: Pod, name: string): ContainerKind {
  const init = pod.spec.initContainers?.find((container) => container.name === name);
  if (init !== undefined) return isSidecar(init) ? 'sidecar' : 'init';
  const ephemeral =
    pod.spec.ephemeralContainers?.some((container) => container.name === name) ?? false;
  return ephemeral ? 'ephemeral' : 'app';
}

/** The container's definition, of any kind; undefined where the spec has no such name. */
export function findContainer(pod: Pod, name: string): Container | EphemeralContainer | undefined {
  return allContainers(pod).find((container) => container.name === name);
}

/** The containers that a pod is created with, init containers first; ephemeral ones are added later. */
export const initAndAppContainers = ({ spec }: Pod): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** Whether scheduling gates still hold the pod: nothing is done for it before they are removed. */
export const isGated = ({ spec }: Pod): boolean => (spec.schedulingGates ?? []).length > 0;

/** All definitions in Kubernetes' visiting order: init, regular, ephemeral. */
export function allContainers(pod: Pod): (Container | EphemeralContainer)[] {
  return [...initAndAppContainers(pod), ...(pod.spec.ephemeralContainers ?? [])];
}

/** Regular init containers in spec order (without sidecars). */
export const regularInits = (pod: Pod): Container[] =>
  (pod.spec.initContainers ?? []).filter((container) => !isSidecar(container));

/** Sidecars in spec order. */
export const sidecars = (pod: Pod): Container[] =>
  (pod.spec.initContainers ?? []).filter(isSidecar);

/** Path of the container in events: `spec.initContainers{name}` and so on. */
export function containerFieldPath(pod: Pod, name: string): string {
  const list = {
    init: 'initContainers',
    sidecar: 'initContainers',
    app: 'containers',
    ephemeral: 'ephemeralContainers',
  } as const;
  return `spec.${list[containerKind(pod, name)]}{${name}}`;
}

/** `name_namespace(uid)`: how the kubelet names a pod in messages. */
export const podFullName = (pod: Pod): string =>
  `${pod.metadata.name ?? ''}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid ?? ''})`;
