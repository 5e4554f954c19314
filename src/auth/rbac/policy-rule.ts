// One rule of a role, and whether it allows a request: Kubernetes' RBAC without bindings.

export interface PolicyRule {
  verbs: readonly string[];
  apiGroups?: readonly string[];
  /** `pods`, `pods/log`, or `*` for all; `*` with a subresource's name means that subresource of any resource. */
  resources?: readonly string[];
  /** Absent: all names. */
  resourceNames?: readonly string[];
  /** Complete paths, or prefixes that end with a star. */
  nonResourceURLs?: readonly string[];
}

export interface ResourceAttributes {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  /** '' for cluster kinds and for all namespaces. */
  namespace: string;
  /** '' for a collection. */
  name: string;
}

/** What a request does: to a resource, or to a path that names none. */
export type Attributes = { verb: string; path: string } | ResourceAttributes;

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((entry) => entry === '*' || entry === value) === true;

/** Whether the rule allows it. A rule with names never allows what names nothing: to list, to create. */
export function allows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if ('path' in attributes)
    return rule.nonResourceURLs?.some((pattern) => matchesPath(pattern, attributes.path)) === true;
  const { group, resource, subresource, name } = attributes;
  if (!has(rule.apiGroups, group)) return false;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  return (
    (has(rule.resources, whole) ||
      (subresource !== '' && rule.resources?.includes(`*/${subresource}`) === true)) &&
    (rule.resourceNames === undefined ||
      rule.resourceNames.length === 0 ||
      rule.resourceNames.includes(name))
  );
}

const matchesPath = (pattern: string, path: string): boolean =>
  pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
