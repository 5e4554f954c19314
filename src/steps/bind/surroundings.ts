// Reads what a pod's placement depends on: always nodes, but pods and namespaces only if a rule needs them.
import type { Node, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { dependsOnOthers, mayBeMeantBy } from '../../pod/placement/affinity-terms.ts';
import type { Surroundings } from '../../pod/placement/surroundings.ts';
import type { Ports } from '../../ports/ports.ts';
import { TERMS_PREFIX } from '../pod/pod-index.ts';

import { toPod } from '../../pod/model/to-pod.ts';

type StorePort = Pick<Ports, 'store'>;

/** The nodes, and whether other pods matter to this one: by its own rules or by theirs. */
export async function readNodes(
  { store }: StorePort,
  pod: Pod,
): Promise<{ nodes: Node[]; othersMatter: boolean }> {
  const [{ objects }, terms] = await Promise.all([
    store.listObjects({ resource: 'nodes' }),
    store.listRecords(TERMS_PREFIX),
  ]);
  const others = terms
    .map(({ value }) => value as unknown as Pod)
    .filter(({ metadata }) => metadata.uid !== pod.metadata.uid);
  return {
    nodes: objects.map((object) => object as Node),
    othersMatter: dependsOnOthers(pod) || others.some((other) => mayBeMeantBy(pod, other)),
  };
}

/** Reads everything; `assumed` are nodes that pods are about to get. */
export async function readSurroundings(
  { store }: StorePort,
  assumed: { [uid: string]: string },
): Promise<Surroundings> {
  const [nodes, pods, namespaces] = await Promise.all(
    (['nodes', 'pods', 'namespaces'] as const).map((resource) => store.listObjects({ resource })),
  );
  return {
    nodes: (nodes?.objects ?? []).map((object) => object as Node),
    pods: (pods?.objects ?? [])
      .map(toPod)
      .map((pod) => onNode(pod, own(assumed, pod.metadata.uid ?? ''))),
    namespaces: namespaces?.objects ?? [],
  };
}

/** All pods. */
export const readPods = async ({ store }: StorePort): Promise<Pod[]> =>
  (await store.listObjects({ resource: 'pods' })).objects.map(toPod);

const onNode = (pod: Pod, nodeName: string | undefined): Pod =>
  pod.spec.nodeName || nodeName === undefined ? pod : { ...pod, spec: { ...pod.spec, nodeName } };
