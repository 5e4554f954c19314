// `matchLabelKeys` of affinity and topology spread: at creation they become expressions over the pod's own labels.
import type { Pod, PodSpec } from '../../kinds/pod.ts';
import { own } from '../../own.ts';

type PodTerm = NonNullable<
  NonNullable<
    NonNullable<PodSpec['affinity']>['podAffinity']
  >['requiredDuringSchedulingIgnoredDuringExecution']
>[number];
type Keys = {
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
  labelSelector?: PodTerm['labelSelector'];
};
type Labels = Record<string, string>;

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function merge<K extends Keys>(term: K, labels: Labels): K {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  if (!labelSelector) return term;
  const expressions = (
    keys: readonly string[],
    operator: 'In' | 'NotIn',
  ): { key: string; operator: string; values: string[] }[] =>
    keys.flatMap((key) => {
      const value = own(labels, key);
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  const added = [...expressions(matchLabelKeys, 'In'), ...expressions(mismatchLabelKeys, 'NotIn')];
  return added.length === 0
    ? term
    : {
        ...term,
        labelSelector: {
          ...labelSelector,
          matchExpressions: [...(labelSelector.matchExpressions ?? []), ...added],
        },
      };
}

function mergeAffinity<A extends NonNullable<NonNullable<PodSpec['affinity']>['podAffinity']>>(
  affinity: A,
  labels: Labels,
): A {
  return {
    ...affinity,
    ...(affinity[REQUIRED] && {
      [REQUIRED]: affinity[REQUIRED].map((term) => merge(term, labels)),
    }),
    ...(affinity[PREFERRED] && {
      [PREFERRED]: affinity[PREFERRED].map((entry) =>
        entry.podAffinityTerm
          ? { ...entry, podAffinityTerm: merge(entry.podAffinityTerm, labels) }
          : entry,
      ),
    }),
  };
}

/** The spec with label keys merged into their selectors; keys of labels that the pod lacks are skipped. */
export function mergeLabelKeys({ metadata, spec }: Pod): PodSpec {
  const labels = metadata.labels ?? {};
  const { affinity, topologySpreadConstraints } = spec;
  return {
    ...spec,
    ...(affinity && {
      affinity: {
        ...affinity,
        ...(affinity.podAffinity && { podAffinity: mergeAffinity(affinity.podAffinity, labels) }),
        ...(affinity.podAntiAffinity && {
          podAntiAffinity: mergeAffinity(affinity.podAntiAffinity, labels),
        }),
      },
    }),
    ...(topologySpreadConstraints && {
      topologySpreadConstraints: topologySpreadConstraints.map((constraint) =>
        merge(constraint, labels),
      ),
    }),
  };
}
