// Warnings of labels that Kubernetes has renamed, and of selectors that select nothing.
import type { PodSpec } from '../kinds/pod.ts';
import { own } from '../own.ts';

const RENAMED: Record<string, string> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region':
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone':
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type':
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** Warnings of nodeSelector, affinity and topology spread. */
export function labelWarnings(spec: PodSpec): string[] {
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) =>
      own(RENAMED, key) ? [`spec.nodeSelector[${key}]: ${own(RENAMED, key)}`] : [],
    ),
    ...nodeAffinityWarnings(spec),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
      const field = `spec.topologySpreadConstraints[${index}]`;
      return [
        ...keyWarning(`${field}.topologyKey`, topologyKey),
        ...(labelSelector
          ? []
          : [`${field}.labelSelector: a null labelSelector results in matching no pod`]),
      ];
    }),
  ];
}

const keyWarning = (field: string, key: string): string[] =>
  own(RENAMED, key) ? [`${field}: ${key} is ${own(RENAMED, key)}`] : [];

function nodeAffinityWarnings(spec: PodSpec): string[] {
  const { nodeAffinity } = spec.affinity ?? {};
  const field = 'spec.affinity.nodeAffinity';
  const terms: [string, { matchExpressions?: { key: string }[] }][] = [
    ...(nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? []).map(
      (term, index): [string, typeof term] => [
        `${field}.${REQUIRED}.nodeSelectorTerms[${index}]`,
        term,
      ],
    ),
    ...(nodeAffinity?.[PREFERRED] ?? []).map(
      ({ preference }, index): [string, typeof preference] => [
        `${field}.${PREFERRED}[${index}].preference`,
        preference ?? {},
      ],
    ),
  ];
  return terms.flatMap(([own, term]) =>
    (term.matchExpressions ?? []).flatMap(({ key }, index) =>
      keyWarning(`${own}.matchExpressions[${index}].key`, key),
    ),
  );
}

/** Warnings of pod affinity whose selector is missing or whose topology is renamed. */
export function selectorWarnings(spec: PodSpec): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const affinity = spec.affinity?.[kind];
    const field = `spec.affinity.${kind}`;
    const needed = (affinity?.[REQUIRED] ?? []).map((term, index) => ({
      own: `${field}.${REQUIRED}[${index}]`,
      term,
    }));
    const preferred = (affinity?.[PREFERRED] ?? []).map(({ podAffinityTerm }, index) => ({
      own: `${field}.${PREFERRED}[${index}].podAffinityTerm`,
      term: podAffinityTerm ?? { topologyKey: '' },
    }));
    return [...needed, ...preferred].flatMap(({ own, term }) => [
      ...(term.labelSelector
        ? []
        : [`${own}.labelSelector: a null labelSelector results in matching no pod`]),
      ...keyWarning(`${own}.topologyKey`, term.topologyKey),
    ]);
  });
}
