// Which rights of one list of rules another lacks: the measure of escalation.
import { quote } from '../../validation/field-errors.ts';
import type { PolicyRule } from './policy-rule.ts';

/** A rule of one group, resource, name and verb, or of one path and verb. */
type Right =
  | { verb: string; group: string; resource: string; name: string | undefined }
  | { verb: string; path: string };

/** The rights in `wanted` that `owned` does not cover, one line each in kube-apiserver's words, verbs joined, sorted. */
export function missingRights(
  owned: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): string[] {
  const missing = wanted
    .flatMap(rightsOf)
    .filter((right) => !owned.some((rule) => covers(rule, right)));
  const lines = new Set<string>();
  const verbs = new Map<string, string[]>();
  for (const right of missing) {
    if ('path' in right)
      lines.add(`{NonResourceURLs:${list([right.path])}, Verbs:${list([right.verb])}}`);
    else {
      const names = right.name === undefined ? '' : `, ResourceNames:${list([right.name])}`;
      const place = `{APIGroups:${list([right.group])}, Resources:${list([right.resource])}${names}`;
      verbs.set(place, [...(verbs.get(place) ?? []), right.verb]);
    }
  }
  for (const [place, joined] of verbs) lines.add(`${place}, Verbs:${list(joined)}}`);
  return [...lines].sort((a, b) => (a < b ? -1 : 1));
}

const list = (values: readonly string[]): string => `[${values.map(quote).join(' ')}]`;

function rightsOf(rule: PolicyRule): Right[] {
  const names: readonly (string | undefined)[] =
    rule.resourceNames === undefined || rule.resourceNames.length === 0
      ? [undefined]
      : rule.resourceNames;
  return [
    ...(rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) =>
        rule.verbs.flatMap((verb) => names.map((name) => ({ verb, group, resource, name }))),
      ),
    ),
    ...(rule.nonResourceURLs ?? []).flatMap((path) => rule.verbs.map((verb) => ({ verb, path }))),
  ];
}

const hasOrStar = (owned: readonly string[] | undefined, value: string): boolean =>
  owned?.includes('*') === true || owned?.includes(value) === true;

/** A wildcard that is wanted is only covered by the same wildcard. */
function covers(rule: PolicyRule, right: Right): boolean {
  if (!hasOrStar(rule.verbs, right.verb)) return false;
  if ('path' in right)
    return (rule.nonResourceURLs ?? []).some(
      (owned) =>
        owned === right.path ||
        (owned.endsWith('*') && right.path.startsWith(owned.replace(/\*+$/, ''))),
    );
  const { group, resource, name } = right;
  const slash = resource.indexOf('/');
  const anyOwner = slash < 0 ? resource : `*${resource.slice(slash)}`;
  return (
    hasOrStar(rule.apiGroups, group) &&
    (hasOrStar(rule.resources, resource) || rule.resources?.includes(anyOwner) === true) &&
    (rule.resourceNames === undefined ||
      rule.resourceNames.length === 0 ||
      (name !== undefined && rule.resourceNames.includes(name)))
  );
}
