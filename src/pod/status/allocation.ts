// The resources that a node has promised to each container. They differ from the spec while a resize waits or is infeasible.
import type { Container, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import { initAndAppContainers } from '../model/containers.ts';
import type { ObservedPod, Sizes } from '../run/observed.ts';

/** The sizes in the spec; containers without resources are left out. */
export const sizesOf = (pod: Pod): Sizes =>
  Object.fromEntries(
    initAndAppContainers(pod).flatMap(({ name, resources = {} }) =>
      Object.keys(resources).length === 0 ? [] : [[name, resources]],
    ),
  );

/** The container's promised resources; before its node has promised any, the requested ones. */
export const promised = (
  { name, resources }: Pick<Container, 'name' | 'resources'>,
  { allocated }: ObservedPod,
): NonNullable<Container['resources']> =>
  (allocated === undefined ? resources : own(allocated, name)) ?? {};

/** The pod with its promised sizes. */
export function allocatedPod(pod: Pod, observed: ObservedPod): Pod {
  if (observed.allocated === undefined) return pod;
  const given = (container: Container): Container => ({
    ...container,
    resources: promised(container, observed),
  });
  const { initContainers, containers } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...present({ initContainers: initContainers ? initContainers.map(given) : undefined }),
      containers: containers.map(given),
    },
  };
}
