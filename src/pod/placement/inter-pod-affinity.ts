// Pod affinity and anti-affinity, both the pod's own and that of existing pods (kube-scheduler's InterPodAffinity).
import type { Node, Pod } from '../../kinds/pod.ts';
import type { AffinityTerm, NamespaceLabels } from './affinity-terms.ts';
import { means, namespaceLabels, termsOf } from './affinity-terms.ts';
import type { Neighbour, Surroundings } from './surroundings.ts';
import { domainOf, neighbours } from './surroundings.ts';

/** Why a node cannot take the pod; `final`: not even if all pods left that could be preempted. */
export interface Refusal {
  text: string;
  final: boolean;
}

const NO_AFFINITY: Refusal = { text: "node(s) didn't match pod affinity rules", final: true };
const ANTI_AFFINITY: Refusal = {
  text: "node(s) didn't match pod anti-affinity rules",
  final: false,
};
const EXISTING_ANTI_AFFINITY: Refusal = {
  text: "node(s) didn't satisfy existing pods anti-affinity rules",
  final: false,
};

const domainsOf = (terms: readonly AffinityTerm[], { pod, node }: Neighbour): string[] =>
  terms.flatMap(({ topologyKey }) => domainOf(topologyKey, node, pod) ?? []);

/** Checks single nodes for the pod. */
export function affinityFilter(
  pod: Pod,
  surroundings: Surroundings,
): (node: Node) => Refusal | undefined {
  const labelsOf = namespaceLabels(surroundings.namespaces);
  const others = neighbours(pod, surroundings);
  const near = termsOf(pod, 'podAffinity').required;
  const apart = termsOf(pod, 'podAntiAffinity').required;
  const isGroup = (other: Pod): boolean =>
    near.length > 0 && near.every((term) => means(term, other, labelsOf));
  const group = new Set(
    others.filter((other) => isGroup(other.pod)).flatMap((other) => domainsOf(near, other)),
  );
  const avoided = new Set(
    others.flatMap((other) =>
      domainsOf(
        apart.filter((term) => means(term, other.pod, labelsOf)),
        other,
      ),
    ),
  );
  const closed = others.flatMap((other) =>
    termsOf(other.pod, 'podAntiAffinity')
      .required.filter((term) => means(term, pod, labelsOf))
      .map((term) => ({ term, other })),
  );
  const closedDomains = new Set(closed.flatMap(({ term, other }) => domainsOf([term], other)));

  return (node) => {
    const here = { pod, node };
    const domains = domainsOf(near, here);
    // The first pod of a group that means itself may go anywhere; otherwise no pod of the group could ever start.
    const isFirst = group.size === 0 && isGroup(pod);
    if (domains.length < near.length || !(isFirst || domains.every((domain) => group.has(domain))))
      return NO_AFFINITY;
    if (domainsOf(apart, here).some((domain) => avoided.has(domain))) return ANTI_AFFINITY;
    const keys = closed.map(({ term }) => term);
    return domainsOf(keys, here).some((domain) => closedDomains.has(domain))
      ? EXISTING_ANTI_AFFINITY
      : undefined;
  };
}

/** The weight of existing pods' required affinity (hardPodAffinityWeight). */
const HARD_WEIGHT = 1;

interface Preference {
  domain: string;
  topologyKey: string;
  weight: number;
}

/** The score of single nodes by preferred terms and by existing pods' affinity: above 0 in favour, below 0 against. */
export function affinityScore(pod: Pod, surroundings: Surroundings): (node: Node) => number {
  const labelsOf = namespaceLabels(surroundings.namespaces);
  const preferences = neighbours(pod, surroundings).flatMap((other) =>
    preferencesOf(pod, other, labelsOf),
  );
  return (node) =>
    preferences.reduce(
      (sum, { domain, topologyKey, weight }) =>
        sum + (domainOf(topologyKey, node, pod) === domain ? weight : 0),
      0,
    );
}

function preferencesOf(pod: Pod, other: Neighbour, labelsOf: NamespaceLabels): Preference[] {
  const preferences = (terms: readonly AffinityTerm[], meant: Pod, sign: number): Preference[] =>
    terms.flatMap((term) => {
      const domain = means(term, meant, labelsOf)
        ? domainOf(term.topologyKey, other.node, other.pod)
        : undefined;
      return domain === undefined
        ? []
        : [{ domain, topologyKey: term.topologyKey, weight: sign * term.weight }];
    });
  const theirs = termsOf(other.pod, 'podAffinity');
  return [
    ...preferences(termsOf(pod, 'podAffinity').preferred, other.pod, 1),
    ...preferences(termsOf(pod, 'podAntiAffinity').preferred, other.pod, -1),
    ...preferences(theirs.required, pod, HARD_WEIGHT),
    ...preferences(theirs.preferred, pod, 1),
    ...preferences(termsOf(other.pod, 'podAntiAffinity').preferred, pod, -1),
  ];
}
