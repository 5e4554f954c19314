// What a caller may do: the rules of the roles that its groups are bound to, matched as in Kubernetes' RBAC.
import { own } from '../own.ts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES } from './default-roles.ts';
import type { PolicyRule } from './default-roles.ts';
import type { User } from './user.ts';

export type Attributes =
  | { verb: string; path: string }
  | {
      verb: string;
      group: string;
      resource: string;
      subresource: string;
      namespace: string;
      name: string;
    };

/** A role's own rules and those of the roles that it aggregates, recursively. */
function rulesOfRole(name: string): readonly PolicyRule[] {
  const role = CLUSTER_ROLES.find((candidate) => candidate.name === name);
  const label = role?.aggregates;
  const others =
    label === undefined
      ? []
      : CLUSTER_ROLES.filter(({ labels }) => own(labels, label) === 'true').flatMap((other) =>
          rulesOfRole(other.name),
        );
  return [...(role?.rules ?? []), ...others];
}

/** The bindings' rules are looked up for each request. */
const BOUND = CLUSTER_ROLE_BINDINGS.map(({ role, groups }) => ({
  groups,
  rules: rulesOfRole(role),
}));

/** All rules that apply to a user. */
export const rulesOf = (user: User): PolicyRule[] =>
  BOUND.filter(({ groups }) => groups.some((group) => user.groups.includes(group))).flatMap(
    ({ rules }) => rules,
  );

/** Whether the caller may do it. */
export function authorize(user: User, attributes: Attributes): boolean {
  if (user.groups.includes('system:masters')) return true;
  if (isReservedForMasters(attributes)) return false;
  return rulesOf(user).some((rule) => allows(rule, attributes));
}

/**
 * The ConfigMap aws-auth can put users into any group: a caller who may write ConfigMaps everywhere would be a master. RBAC has no exceptions,
 * and a creation has no name yet, so only masters may write any ConfigMap of that namespace.
 */
const isReservedForMasters = (attributes: Attributes): boolean =>
  'resource' in attributes &&
  attributes.group === '' &&
  attributes.resource === 'configmaps' &&
  attributes.namespace === 'kube-system' &&
  !READING.has(attributes.verb);

const READING = new Set(['get', 'list', 'watch']);

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((entry) => entry === '*' || entry === value) === true;

function allows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if ('path' in attributes)
    return rule.nonResourceURLs?.some((pattern) => matchesPath(pattern, attributes.path)) === true;
  const { group, resource, subresource, name } = attributes;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  return (
    has(rule.apiGroups, group) &&
    (has(rule.resources, whole) ||
      (subresource !== '' && rule.resources?.includes(`*/${subresource}`) === true)) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(name))
  );
}

const matchesPath = (pattern: string, path: string): boolean =>
  pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Kubernetes' text of a refusal: the part after `<resource> is forbidden: `, or the whole text for a path. */
export function refusal(user: User, attributes: Attributes): string {
  const who = `User ${JSON.stringify(escape(user.name))}`;
  if ('path' in attributes)
    return `${who} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`;
  const { verb, group, resource, subresource, namespace } = attributes;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace
    ? `in the namespace ${JSON.stringify(namespace)}`
    : 'at the cluster scope';
  return `${who} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
}
