// A single node's filters: cordon, taints, node affinity, resources. Resources are not summed over pods: each pod brings its own sandbox.
import type { Node, Pod, PodSpec } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { aggregateRequest } from '../model/pod-resources.ts';
import { compareQuantities, parseQuantity, printQuantity } from '../model/quantity.ts';
import { isMet } from './selection.ts';

type Affinity = NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']>;
type Terms = NonNullable<
  Affinity['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'];
type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];
type Toleration = NonNullable<PodSpec['tolerations']>[number];

const UNSCHEDULABLE_TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Reasons of the first filter that refuses the node, in the scheduler's order; `tooLarge` names resources that no sandbox has enough of. */
export function nodeRefusals(pod: Pod, node: Node, tooLarge: readonly string[]): string[] {
  if (
    node.spec?.unschedulable === true &&
    !isTolerated(UNSCHEDULABLE_TAINT, pod.spec.tolerations ?? [])
  )
    return ['node(s) were unschedulable'];
  if (isUntolerated(pod, node)) return ['node(s) had untolerated taint(s)'];
  if (!matchesNodeAffinity(pod, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  return insufficient(pod, node, tooLarge).map((name) => `Insufficient ${name}`);
}

/** Whether the node has a taint of one of the effects that the pod does not tolerate: by default of those that keep it away. */
export const isUntolerated = (
  { spec }: Pod,
  node: Node,
  effects: readonly string[] = ['NoSchedule', 'NoExecute'],
): boolean =>
  (node.spec?.taints ?? []).some(
    (taint) => effects.includes(taint.effect) && !isTolerated(taint, spec.tolerations ?? []),
  );

function isTolerated(
  taint: Pick<Taint, 'key' | 'value' | 'effect'>,
  tolerations: readonly Toleration[],
): boolean {
  return tolerations.some(({ key, operator, value, effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (key && key !== taint.key) return false;
    return operator === 'Exists' || (value ?? '') === (taint.value ?? '');
  });
}

/** nodeSelector and the required node affinity: any of the terms, all requirements of a term; an empty term matches nothing. */
export function matchesNodeAffinity(
  { spec: { nodeSelector, affinity } }: Pod,
  node: Node,
): boolean {
  const labels = node.metadata?.labels ?? {};
  if (Object.entries(nodeSelector ?? {}).some(([key, value]) => own(labels, key) !== value))
    return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node))
  );
}

function matchesTerm(
  { matchExpressions = [], matchFields = [] }: Terms[number],
  { metadata }: Node,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': metadata?.name ?? '' };
  return (
    matchExpressions.every((requirement) => isMet(requirement, metadata?.labels)) &&
    matchFields.every((requirement) => isMet(requirement, fields))
  );
}

/** Resources of which the node has less than the pod requests. */
export function insufficient(pod: Pod, { status }: Node, tooLarge: readonly string[]): string[] {
  // A resource that the node does not name it has none of.
  const offers = new Map([
    ...extendedRequests(pod).map((name) => [name, '0'] as const),
    ...Object.entries(status?.allocatable ?? {}),
  ]);
  const small = [...offers].flatMap(([name, text]) => {
    const request = requestText(pod, name);
    const wanted = request === undefined ? undefined : parseQuantity(request);
    const offered = parseQuantity(text);
    return wanted && offered && compareQuantities(wanted, offered) > 0 ? [name] : [];
  });
  return [...new Set([...tooLarge, ...small])];
}

const extendedRequests = ({ spec }: Pod): string[] =>
  [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ resources }) =>
    Object.keys(resources?.requests ?? {}).filter((name) => name.includes('/')),
  );

/** The pod's request: its own where it states one, else the containers' together. */
export function requestText({ spec }: Pod, name: string): string | undefined {
  const stated = own(spec.resources?.requests, name);
  if (stated !== undefined) return stated;
  const sum = aggregateRequest(spec, name);
  return sum && printQuantity(sum);
}

/** Weight of the preferred terms that the node matches. */
export const preferredWeight = ({ spec }: Pod, node: Node): number =>
  (spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).reduce(
    (sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0),
    0,
  );

/** Taints that the pod should avoid. */
export const avoidedTaints = ({ spec }: Pod, node: Node): number =>
  (node.spec?.taints ?? []).filter(
    (taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(taint, spec.tolerations ?? []),
  ).length;
