// The terms of pod affinity and anti-affinity: which pods they mean, and which pods carry terms that have an effect here.
import type { KubeObject, Pod, PodSpec } from '../../kinds/pod.ts';
import type { LabelSelector } from './selection.ts';
import { selects } from './selection.ts';
import { HOSTNAME } from './surroundings.ts';

type PodAffinity = NonNullable<NonNullable<PodSpec['affinity']>['podAffinity']>;
type WrittenTerm = NonNullable<
  PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']
>[number];

export interface AffinityTerm {
  topologyKey: string;
  namespaces: ReadonlySet<string>;
  namespaceSelector: LabelSelector | undefined;
  labelSelector: LabelSelector | undefined;
  /** The weight of a preferred term; 1 otherwise. */
  weight: number;
}

export interface AffinityTerms {
  required: AffinityTerm[];
  preferred: AffinityTerm[];
}

type Kind = 'podAffinity' | 'podAntiAffinity';

/** A pod's terms of one kind. A term without namespaces and namespaceSelector means the pod's own namespace. */
export function termsOf({ metadata, spec }: Pod, kind: Kind): AffinityTerms {
  const affinity = spec.affinity?.[kind];
  const read = (
    { topologyKey, namespaces = [], namespaceSelector, labelSelector }: WrittenTerm,
    weight: number,
  ): AffinityTerm => {
    const own =
      namespaces.length === 0 && !namespaceSelector ? [metadata.namespace ?? ''] : namespaces;
    return { topologyKey, namespaces: new Set(own), namespaceSelector, labelSelector, weight };
  };
  return {
    required: (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) =>
      read(term, 1),
    ),
    preferred: (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm, weight }) => read(podAffinityTerm, weight),
    ),
  };
}

export type NamespaceLabels = (namespace: string) => { [key: string]: string } | undefined;

/** Looks up the labels of namespaces. */
export function namespaceLabels(namespaces: readonly KubeObject[]): NamespaceLabels {
  const byName = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels]));
  return (namespace) => byName.get(namespace);
}

/** Whether the term means this pod. */
export function means(
  { namespaces, namespaceSelector, labelSelector }: AffinityTerm,
  { metadata }: Pod,
  labelsOf: NamespaceLabels,
): boolean {
  const namespace = metadata.namespace ?? '';
  return (
    (namespaces.has(namespace) || selects(namespaceSelector, labelsOf(namespace))) &&
    selects(labelSelector, metadata.labels)
  );
}

const allTerms = (pod: Pod): AffinityTerm[] =>
  (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => [
    ...termsOf(pod, kind).required,
    ...termsOf(pod, kind).preferred,
  ]);

/** Whether the pod's terms can affect the placement of others. Terms over host names cannot: every pod is alone on its host. */
export const bearsOnOthers = (pod: Pod): boolean =>
  allTerms(pod).some(({ topologyKey }) => topologyKey !== HOSTNAME);

/** Whether the pod's own placement depends on other pods. */
export function dependsOnOthers(pod: Pod): boolean {
  if (bearsOnOthers(pod) || termsOf(pod, 'podAffinity').required.length > 0) return true;
  return (pod.spec.topologySpreadConstraints ?? []).some(
    ({ topologyKey }) => topologyKey !== HOSTNAME,
  );
}

/** Whether terms of `other` may mean the pod; a selector of namespaces counts as matching its namespace. */
export const mayBeMeantBy = (pod: Pod, other: Pod): boolean =>
  allTerms(other).some((term) =>
    means(
      term.namespaceSelector
        ? { ...term, namespaces: new Set([pod.metadata.namespace ?? '']) }
        : term,
      pod,
      () => undefined,
    ),
  );

/** Indexes of the required terms that ask for another pod's host, which cannot be met: every pod is alone on its host. */
export const hostTerms = (pod: Pod): number[] =>
  termsOf(pod, 'podAffinity').required.flatMap(({ topologyKey }, index) =>
    topologyKey === HOSTNAME ? [index] : [],
  );
