// Nodes and pods for the placement tables: two zones of one region, and bound pods.
import type { KubeObject, Node, Pod, PodSpec } from '../../../src/kinds/pod.ts';
import type { Surroundings } from '../../../src/pod/placement/surroundings.ts';
import { schedule } from '../../../src/pod/placement/schedule.ts';
import type { Placement } from '../../../src/pod/placement/schedule.ts';
import { present } from '../../../src/present.ts';
import { podOf } from '../samples.ts';

export const ZONE = 'topology.kubernetes.io/zone';
export const REGION = 'topology.kubernetes.io/region';
export const HOST = 'kubernetes.io/hostname';

export const node = (name: string, zone?: string, spec: Node['spec'] = {}): Node => ({
  metadata: {
    name,
    labels: {
      [REGION]: 'r',
      [HOST]: name,
      ...present({ [ZONE]: zone === undefined ? undefined : zone }),
    },
  },
  spec,
  status: { allocatable: { cpu: '4' } },
});

export const NODES = [node('a', 'za'), node('b', 'zb')];

/** `app` on a node (or on none), with whatever the row is about. */
export function bound(
  nodeName: string,
  app: string,
  spec: Partial<PodSpec> = {},
  metadata: Pod['metadata'] = {},
): Pod {
  const name = `${app}-on-${nodeName}`;
  return podOf(
    { ...spec, ...present({ nodeName: nodeName === '' ? undefined : nodeName }) },
    { name, uid: name, labels: { app }, ...metadata },
  );
}

const SHORT = {
  need: 'requiredDuringSchedulingIgnoredDuringExecution',
  like: 'preferredDuringSchedulingIgnoredDuringExecution',
} as const;

/** A term about pods labelled `app`. */
export const term = (app: string, topologyKey = ZONE, more: object = {}) => ({
  topologyKey,
  labelSelector: { matchLabels: { app } },
  ...more,
});
export const near = (...terms: object[]) =>
  ({ affinity: { podAffinity: { [SHORT.need]: terms } } }) as Partial<PodSpec>;
export const apart = (...terms: object[]) =>
  ({ affinity: { podAntiAffinity: { [SHORT.need]: terms } } }) as Partial<PodSpec>;
export const liking = (
  kind: 'podAffinity' | 'podAntiAffinity',
  weight: number,
  podAffinityTerm: object,
) =>
  ({ affinity: { [kind]: { [SHORT.like]: [{ weight, podAffinityTerm }] } } }) as Partial<PodSpec>;

export const around = (
  pods: Pod[],
  nodes: Node[] = NODES,
  namespaces: KubeObject[] = [],
): Surroundings => ({ nodes, pods, namespaces });

/** The node's name, or the scheduler's reasons. */
const verdict = (placement: Placement): string =>
  'nodeName' in placement
    ? placement.nodeName
    : (/available: (.*?)\. no new/.exec(placement.unschedulable)?.[1] ?? '');

/** Places a pod labelled `app=web`. */
export const place = (
  spec: Partial<PodSpec>,
  surroundings: Surroundings,
  metadata: Pod['metadata'] = {},
): string =>
  verdict(schedule(podOf(spec, { uid: 'new', labels: { app: 'web' }, ...metadata }), surroundings));
