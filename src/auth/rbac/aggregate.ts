// Aggregation: the rules of a ClusterRole that collects those of others by their labels.
import type { ObjectMeta } from '../../kinds/pod.ts';
import { selects } from '../../pod/placement/selection.ts';
import type { LabelSelector } from '../../pod/placement/selection.ts';
import type { PolicyRule } from './policy-rule.ts';

/** The parts of a ClusterRole that count here. */
export interface AggregableRole {
  metadata: ObjectMeta;
  rules?: readonly PolicyRule[] | null;
  aggregationRule?: { clusterRoleSelectors?: readonly LabelSelector[] };
}

/** The rules of every role by its name, those of aggregating roles collected. Collected roles may collect others in turn, even in a circle. */
export function aggregatedRules(
  roles: readonly AggregableRole[],
): ReadonlyMap<string, readonly PolicyRule[]> {
  const sorted = [...roles].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const rules = new Map(
    sorted.map((role) => [nameOf(role), isAggregating(role) ? [] : (role.rules ?? [])]),
  );
  const collecting = sorted.filter(isAggregating);
  // Each pass carries rules one role further; the longest way leads through every collecting role once.
  for (let pass = 0; pass < collecting.length; pass++) {
    let changed = false;
    for (const role of collecting) {
      const next = collected(role, sorted, rules);
      changed ||= next.length !== rules.get(nameOf(role))?.length;
      rules.set(nameOf(role), next);
    }
    if (!changed) break;
  }
  return rules;
}

const nameOf = ({ metadata }: AggregableRole): string => metadata.name ?? '';

/** Whether the role's own rules are overwritten with those of others. */
export const isAggregating = ({ aggregationRule }: AggregableRole): boolean =>
  aggregationRule !== undefined;

function collected(
  { metadata, aggregationRule }: AggregableRole,
  roles: readonly AggregableRole[],
  rules: ReadonlyMap<string, readonly PolicyRule[]>,
): PolicyRule[] {
  const found = new Map<string, PolicyRule>();
  for (const selector of aggregationRule?.clusterRoleSelectors ?? [])
    for (const other of roles) {
      if (other.metadata.name === metadata.name || !selects(selector, other.metadata.labels))
        continue;
      for (const rule of rules.get(nameOf(other)) ?? []) {
        const content = contentOf(rule);
        if (!found.has(content)) found.set(content, rule);
      }
    }
  return [...found.values()];
}

/** What makes a rule the same as another, in whatever order it names its fields. */
const contentOf = (rule: PolicyRule): string =>
  JSON.stringify([
    rule.verbs,
    rule.apiGroups,
    rule.resources,
    rule.resourceNames,
    rule.nonResourceURLs,
  ]);
