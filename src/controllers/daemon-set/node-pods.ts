// Which nodes should have a DaemonSet's pod, which may keep theirs, and which pods a node has (pkg/controller/daemon).
import type { KubeObject, Node, Pod, PodSpec } from '../../kinds/pod.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import { isUntolerated, matchesNodeAffinity } from '../../pod/placement/node-fit.ts';
import type { DaemonSet } from '../../workloads/daemon-set.ts';
import { isTerminal } from '../pod-states.ts';

type Toleration = NonNullable<PodSpec['tolerations']>[number];

const PREFIX = 'node.kubernetes.io/';
const TOLERATED: Toleration[] = [
  ...['not-ready', 'unreachable'].map((name) => tolerated(name, 'NoExecute')),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) =>
    tolerated(name, 'NoSchedule'),
  ),
];

function tolerated(name: string, effect: string): Toleration {
  return { key: `${PREFIX}${name}`, operator: 'Exists', effect };
}

/** The spec of the set's pod on a node: pinned to that node, and tolerating its problems. */
export function specOn({ spec }: DaemonSet, nodeName: string): PodSpec {
  const template = spec.template.spec;
  return {
    ...template,
    affinity: {
      ...template.affinity,
      nodeAffinity: {
        ...template.affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: termsOn(template, nodeName),
      },
    },
    tolerations: withTolerations(template),
  };
}

type Affinity = NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']>;
type Required = NonNullable<Affinity['requiredDuringSchedulingIgnoredDuringExecution']>;

/** The node's name replaces the template's own field terms. */
function termsOn({ affinity }: PodSpec, nodeName: string): Required {
  const field = { key: 'metadata.name', operator: 'In', values: [nodeName] };
  const terms =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const expressions = terms.filter(({ matchExpressions = [] }) => matchExpressions.length > 0);
  if (expressions.length === 0) return { nodeSelectorTerms: [{ matchFields: [field] }] };
  return {
    nodeSelectorTerms: expressions.map(({ matchExpressions = [] }) => ({
      matchExpressions,
      matchFields: [field],
    })),
  };
}

function withTolerations({ tolerations = [], hostNetwork }: PodSpec): Toleration[] {
  const added = [
    ...TOLERATED,
    ...(hostNetwork === true ? [tolerated('network-unavailable', 'NoSchedule')] : []),
  ];
  const isAdded = ({ key, effect, operator }: Toleration): boolean =>
    operator === 'Exists' && added.some((other) => other.key === key && other.effect === effect);
  return [...tolerations.filter((toleration) => !isAdded(toleration)), ...added];
}

/** Whether the node should get a pod of the set, and whether an existing one may stay. */
export function isWanted(set: DaemonSet, object: KubeObject): { runs: boolean; stays: boolean } {
  const node = object as Node;
  const { nodeName } = set.spec.template.spec;
  const pod: Pod = { metadata: {}, spec: specOn(set, node.metadata?.name ?? ''), status: {} };
  if ((nodeName && nodeName !== node.metadata?.name) || !matchesNodeAffinity(pod, node))
    return { runs: false, stays: false };
  return { runs: !isUntolerated(pod, node), stays: !isUntolerated(pod, node, ['NoExecute']) };
}

/** The node that a pod runs on, or is meant for. */
function targetOf(object: KubeObject): string | undefined {
  const { spec } = toPod(object);
  if (spec.nodeName) return spec.nodeName;
  const terms =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms
    ?.flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key, operator }) => key === 'metadata.name' && operator === 'In')?.values?.[0];
}

/** The pods by node, scheduled and then older ones first. Ended pods that only wait to be removed are left out. */
export function podsByNode(pods: readonly KubeObject[]): Map<string, KubeObject[]> {
  const found = new Map<string, KubeObject[]>();
  const living = pods.filter(
    (pod) => !(isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined),
  );
  for (const pod of living.sort(byAge)) {
    const node = targetOf(pod);
    if (node !== undefined) found.set(node, [...(found.get(node) ?? []), pod]);
  }
  return found;
}

function byAge(left: KubeObject, right: KubeObject): number {
  const placed = (pod: KubeObject): number => (toPod(pod).spec.nodeName ? 0 : 1);
  const born = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';
  const name = ({ metadata }: KubeObject): string => metadata.name ?? '';
  return (
    placed(left) - placed(right) ||
    (born(left) < born(right) ? -1 : born(left) > born(right) ? 1 : 0) ||
    (name(left) < name(right) ? -1 : 1)
  );
}
