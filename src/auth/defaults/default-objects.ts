// The roles and bindings that an installation has from the start, as objects. src/api/bootstrap-rights.ts stores and restores them.
// See docs/design/rights.md.
import type { ObjectMeta } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { AggregableRole } from '../rbac/aggregate.ts';
import { aggregatedRules } from '../rbac/aggregate.ts';
import type { PolicyRule } from '../rbac/policy-rule.ts';
import type { RightsObject } from '../rbac/policy.ts';
import { RBAC_GROUP } from '../rbac/policy.ts';
import { COMPONENT_ROLES } from './component-roles.ts';
import { CONTROLLER_ROLES } from './controller-roles.ts';
import { NAMESPACE_ROLES } from './namespace-roles.ts';
import type { RuleLine } from './rule-lines.ts';
import { ruleOf } from './rule-lines.ts';
import { USER_ROLES } from './user-roles.ts';

/** droppod's own groups, which maps of AWS principals may name. */
export const GROUPS = {
  admin: 'droppod:admin',
  edit: 'droppod:edit',
  view: 'droppod:view',
} as const;

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

interface DefaultBinding {
  /** '' for a ClusterRoleBinding. */
  namespace?: string;
  name: string;
  /** Absent: the role of the binding's name. */
  role?: string;
  groups?: readonly string[];
  users?: readonly string[];
}

/**
 * Kubernetes' own bindings without those of its controllers' service accounts (docs/decisions.md), the issuer's documents for callers without
 * a login (AWS IAM reads them), and droppod's groups.
 */
const BINDINGS: readonly DefaultBinding[] = [
  { name: 'cluster-admin', groups: ['system:masters'] },
  { name: 'droppod:admin', role: 'admin', groups: [GROUPS.admin] },
  { name: 'droppod:edit', role: 'edit', groups: [GROUPS.edit] },
  {
    name: 'droppod:issuer-discovery',
    role: 'system:service-account-issuer-discovery',
    groups: [UNAUTHENTICATED],
  },
  { name: 'droppod:view', role: 'view', groups: [GROUPS.view] },
  { name: 'system:basic-user', groups: [AUTHENTICATED] },
  { name: 'system:discovery', groups: [AUTHENTICATED] },
  { name: 'system:kube-controller-manager', users: ['system:kube-controller-manager'] },
  { name: 'system:kube-scheduler', users: ['system:kube-scheduler'] },
  { name: 'system:monitoring', groups: ['system:monitoring'] },
  { name: 'system:node' },
  { name: 'system:node-proxier', users: ['system:kube-proxy'] },
  { name: 'system:public-info-viewer', groups: [AUTHENTICATED, UNAUTHENTICATED] },
  { name: 'system:service-account-issuer-discovery', groups: ['system:serviceaccounts'] },
  { name: 'system:volume-scheduler', users: ['system:kube-scheduler'] },
  {
    namespace: 'kube-system',
    name: 'system::extension-apiserver-authentication-reader',
    role: 'extension-apiserver-authentication-reader',
    users: ['system:kube-controller-manager', 'system:kube-scheduler'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-controller-manager',
    users: ['system:kube-controller-manager'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-scheduler',
    users: ['system:kube-scheduler'],
  },
];

const metaOf = (name: string, namespace?: string, labels?: ObjectMeta['labels']): ObjectMeta => ({
  name,
  ...present({ namespace }),
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

const rulesOf = (lines: readonly RuleLine[]): PolicyRule[] => lines.map(ruleOf);

function clusterRoles(): AggregableRole[] {
  const written = (roles: Readonly<Record<string, readonly RuleLine[]>>, prefix = '') =>
    Object.entries(roles).map(([name, lines]) => ({
      metadata: metaOf(prefix + name),
      rules: rulesOf(lines),
    }));
  return [
    ...USER_ROLES.map(({ name, labels, aggregates, rules }) => ({
      metadata: metaOf(name, undefined, labels),
      rules,
      ...present({
        aggregationRule:
          aggregates === undefined
            ? undefined
            : { clusterRoleSelectors: [{ matchLabels: { [aggregates]: 'true' } }] },
      }),
    })),
    ...written(COMPONENT_ROLES),
    ...written(CONTROLLER_ROLES, 'system:controller:'),
  ];
}

const subject = (kind: string, name: string) => ({ apiGroup: RBAC_GROUP, kind, name });

const bindingOf = ({ namespace, name, role = name, groups = [], users = [] }: DefaultBinding) => ({
  metadata: metaOf(name, namespace),
  ...present({
    subjects:
      groups.length + users.length === 0
        ? undefined
        : [
            ...groups.map((group) => subject('Group', group)),
            ...users.map((user) => subject('User', user)),
          ],
  }),
  roleRef: {
    apiGroup: RBAC_GROUP,
    kind: namespace === undefined ? 'ClusterRole' : 'Role',
    name: role,
  },
});

/** All of them, rules of aggregating roles collected. */
export function defaultRights(): RightsObject[] {
  const roles = clusterRoles();
  const collected = aggregatedRules(roles);
  return [
    ...roles.map((role) => ({
      resource: `clusterroles.${RBAC_GROUP}` as const,
      object: { ...role, rules: collected.get(role.metadata.name ?? '') ?? [] },
    })),
    ...Object.entries(NAMESPACE_ROLES).flatMap(([namespace, roles]) =>
      Object.entries(roles).map(([name, lines]) => ({
        resource: `roles.${RBAC_GROUP}` as const,
        object: { metadata: metaOf(name, namespace), rules: rulesOf(lines) },
      })),
    ),
    ...BINDINGS.map((binding) => ({
      resource:
        `${binding.namespace === undefined ? 'clusterrolebindings' : 'rolebindings'}.${RBAC_GROUP}` as const,
      object: bindingOf(binding),
    })),
  ];
}
