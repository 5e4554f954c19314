// The containers of a pod by name and kind. Everything that depends on "is it an init container?" asks here.
import type { Container, EphemeralContainer, Pod } from '../../kinds/pod.ts';

export type ContainerKind = 'init' | 'sidecar' | 'app' | 'ephemeral';

/** An init container with its own restartPolicy Always is a sidecar. */
const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/** What the container is to the pod; a name that the spec does not have counts as an app container. */
export function containerKind(pod: Pod, name: string): ContainerKind {
  const init = pod.spec.initContainers?.find((container) => container.name === name);
  if (init !== undefined) return isSidecar(init) ? 'sidecar' : 'init';
  const ephemeral =
    pod.spec.ephemeralContainers?.some((container) => container.name === name) ?? false;
  return ephemeral ? 'ephemeral' : 'app';
}

/** The container's definition, of whatever kind; undefined: the spec has none of that name. */
export function findContainer(pod: Pod, name: string): Container | EphemeralContainer | undefined {
  return allContainers(pod).find((container) => container.name === name);
}

/** What a pod is made with, init containers first; ephemeral ones come later. */
export const initAndAppContainers = ({ spec }: Pod): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** The pod waits for its scheduling gates to go: nothing is done for it before. */
export const isGated = ({ spec }: Pod): boolean => (spec.schedulingGates ?? []).length > 0;

/** All definitions in Kubernetes' visiting order: init, regular, ephemeral. */
export function allContainers(pod: Pod): (Container | EphemeralContainer)[] {
  return [...initAndAppContainers(pod), ...(pod.spec.ephemeralContainers ?? [])];
}

/** Regular init containers in spec order (sidecars left out). */
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
