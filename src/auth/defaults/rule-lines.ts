// The short form in which the rules of the default roles are written.
import type { PolicyRule } from '../rbac/policy-rule.ts';
import { present } from '../../present.ts';

/** `verbs | groups | resources`, perhaps `| names`, or `verbs | paths`; words between spaces, `core` is the group ''. */
export type RuleLine = string;

/** The rule that a line stands for. */
export function ruleOf(line: RuleLine): PolicyRule {
  const [verbs = [], second = [], resources, resourceNames] = line
    .split(' | ')
    .map((part) => part.split(' '));
  if (resources === undefined) return { verbs, nonResourceURLs: second };
  return {
    verbs,
    apiGroups: second.map((group) => (group === 'core' ? '' : group)),
    resources,
    ...present({ resourceNames }),
  };
}
