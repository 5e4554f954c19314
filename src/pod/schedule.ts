// Which node a pod gets, by the filters of kube-scheduler that virtual nodes have a meaning for, or its text why there is none.
// Resources are not summed over pods: each pod brings its own task. Pod affinity and spreading find every task apart.
import type { Node, Pod, PodSpec } from '../kinds/pod.ts';
import { LARGEST } from './fargate-limits.ts';
import { aggregateRequest } from './pod-resources.ts';
import { compareQuantities, milliUnits, parseQuantity, printQuantity, wholeUnits } from './quantity.ts';

type Affinity = NonNullable<NonNullable<PodSpec['affinity']>['nodeAffinity']>;
type Terms = NonNullable<Affinity['requiredDuringSchedulingIgnoredDuringExecution']>['nodeSelectorTerms'];
type Requirement = NonNullable<Terms[number]['matchExpressions']>[number];
type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];
type Toleration = NonNullable<PodSpec['tolerations']>[number];

export type Placement = { nodeName: string } | { unschedulable: string };

const UNSCHEDULABLE_TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** The node that fits best, or the scheduler's text; `tooLarge` names the resources of which no task has enough. */
export function schedule(pod: Pod, nodes: readonly Node[], tooLarge: readonly string[] = []): Placement {
  if (nodes.length === 0) return { unschedulable: 'no nodes available to schedule pods' };
  const refusals = nodes.map((node) => nodeRefusals(pod, node, tooLarge));
  const fitting = nodes.filter((_node, index) => refusals[index]?.length === 0);
  const [best] = [...fitting].sort((left, right) => score(pod, right) - score(pod, left));
  return best === undefined ? { unschedulable: noNodeMessage(pod, refusals) } : { nodeName: best.metadata?.name ?? '' };
}

/** Why the kubelet of a node that the pod's author named turns the pod away, to phase Failed; undefined: it takes the pod. */
export function nodeRejection(pod: Pod, node: Node, tooLarge: readonly string[] = []): { reason: string; message: string } | undefined {
  if (!matchesAffinity(pod.spec, node)) return { reason: 'NodeAffinity', message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector" };
  const [name] = insufficient(pod, node, tooLarge);
  if (name === undefined) return undefined;
  const largest: { [name: string]: string | undefined } = LARGEST;
  const units = name === 'cpu' ? milliUnits : wholeUnits;
  const [requested, capacity] = [units(requestText(pod, name)), units(tooLarge.includes(name) ? largest[name] : node.status?.allocatable?.[name])];
  return { reason: `OutOf${name}`, message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: 0, capacity: ${capacity}` };
}

/** Reasons of the first filter that refuses the node, in the scheduler's order of filters. */
function nodeRefusals(pod: Pod, node: Node, tooLarge: readonly string[]): string[] {
  const tolerations = pod.spec.tolerations ?? [];
  if (node.spec?.unschedulable === true && !isTolerated(UNSCHEDULABLE_TAINT, tolerations)) return ['node(s) were unschedulable'];
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  if (taints.some((taint) => !isTolerated(taint, tolerations))) return ['node(s) had untolerated taint(s)'];
  if (!matchesAffinity(pod.spec, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  return insufficient(pod, node, tooLarge).map((name) => `Insufficient ${name}`);
}

/** FitError and the two PostFilter plugins, which have nothing to evict: a pod is never in another's way. */
function noNodeMessage({ spec }: Pod, refusals: readonly string[][]): string {
  const counts = new Map<string, number>();
  for (const reason of refusals.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort().join(', ');
  const none = `0/${refusals.length} nodes are available`;
  const preemption = spec.preemptionPolicy === 'Never' ? 'not eligible due to preemptionPolicy=Never.' : `${none}: ${refusals.length} Preemption is not helpful for scheduling.`;
  return `${none}: ${reasons}. no new claims to deallocate, preemption: ${preemption}`;
}

function isTolerated(taint: Pick<Taint, 'key' | 'value' | 'effect'>, tolerations: readonly Toleration[]): boolean {
  return tolerations.some(({ key, operator, value, effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (key && key !== taint.key) return false;
    return operator === 'Exists' || (value ?? '') === (taint.value ?? '');
  });
}

/** nodeSelector and the required node affinity: any of the terms, all of a term's requirements; an empty term matches nothing. */
function matchesAffinity({ nodeSelector, affinity }: PodSpec, node: Node): boolean {
  const labels = node.metadata?.labels ?? {};
  if (Object.entries(nodeSelector ?? {}).some(([key, value]) => labels[key] !== value)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: Terms[number], { metadata }: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': metadata?.name ?? '' };
  return matchExpressions.every((requirement) => isMet(requirement, metadata?.labels ?? {})) && matchFields.every((requirement) => isMet(requirement, fields));
}

function isMet({ key, operator, values = [] }: Requirement, labels: { [key: string]: string }): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In': return value !== undefined && values.includes(value);
    case 'NotIn': return value === undefined || !values.includes(value);
    case 'Exists': return value !== undefined;
    case 'DoesNotExist': return value === undefined;
    case 'Gt': return isInteger(value) && Number(value) > Number(values[0]);
    case 'Lt': return isInteger(value) && Number(value) < Number(values[0]);
    default: return false;
  }
}

const isInteger = (text: string | undefined): text is string => text !== undefined && /^[+-]?\d+$/.test(text);

function insufficient(pod: Pod, { status }: Node, tooLarge: readonly string[]): string[] {
  const small = Object.entries(status?.allocatable ?? {}).flatMap(([name, text]) => {
    const request = requestText(pod, name);
    const wanted = request === undefined ? undefined : parseQuantity(request);
    const offered = parseQuantity(text);
    return wanted && offered && compareQuantities(wanted, offered) > 0 ? [name] : [];
  });
  return [...new Set([...tooLarge, ...small])];
}

/** What the pod asks for: its own request where it states one, else the containers' together. */
function requestText({ spec }: Pod, name: string): string | undefined {
  const own = spec.resources?.requests?.[name];
  if (own !== undefined) return own;
  const sum = aggregateRequest(spec, name);
  return sum && printQuantity(sum);
}

/** Preferred terms that the node matches, and taints that it had better not have. */
function score({ spec }: Pod, node: Node): number {
  const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const avoided = (node.spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(taint, spec.tolerations ?? []));
  return preferred.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0) - avoided.length;
}
