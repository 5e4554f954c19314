// Roles and ClusterRoles.
import { isDeepStrictEqual } from 'node:util';
import { admitRole } from '../../auth/escalation.ts';
import type { AggregableRole } from '../../auth/rbac/aggregate.ts';
import { RBAC_GROUP } from '../../auth/rbac/policy.ts';
import type { FieldError } from '../../errors.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { validateSelector } from '../../pod/validation/affinity.ts';
import { required } from '../../validation/field-errors.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../validation/object-meta.ts';
import { validateRules } from '../../validation/rbac.ts';
import type { Call } from '../call.ts';
import { createdAtPrinter } from './columns.ts';
import { plain } from './plain.ts';
import { rightsChanges } from './rights-changes.ts';
import type { Strategy } from './strategy.ts';

type RoleObject = KubeObject & AggregableRole;
const roleOf = (object: KubeObject): RoleObject => object as RoleObject;

function validateRole(object: KubeObject, namespaced: boolean): FieldError[] {
  const { metadata, rules, aggregationRule } = roleOf(object);
  const selectors = aggregationRule?.clusterRoleSelectors ?? [];
  const field = 'aggregationRule.clusterRoleSelectors';
  return [
    ...validateObjectMeta(metadata, { namespaced, name: 'path' }),
    ...validateRules(rules, namespaced),
    ...(aggregationRule !== undefined && selectors.length === 0
      ? [required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
      : []),
    ...selectors.flatMap((selector, index) => validateSelector(selector, `${field}[${index}]`)),
  ];
}

const aggregates = (object: KubeObject | undefined): boolean =>
  (object === undefined ? [] : (roleOf(object).aggregationRule?.clusterRoleSelectors ?? []))
    .length > 0;

/** Whether a write cannot give anybody a new right. */
const isHarmless = (next: RoleObject, old: RoleObject): boolean =>
  isDeepStrictEqual(next.rules ?? [], old.rules ?? []) &&
  isDeepStrictEqual(next.aggregationRule, old.aggregationRule) &&
  isDeepStrictEqual(next.metadata.labels ?? {}, old.metadata.labels ?? {}) &&
  isDeepStrictEqual(next.metadata.annotations ?? {}, old.metadata.annotations ?? {});

const admit = (object: KubeObject, old: KubeObject | undefined, call: Call): Promise<void> =>
  admitRole(
    { ...call, resource: call.resource.plural },
    object.metadata.name ?? '',
    roleOf(object).rules ?? [],
    aggregates(object) || aggregates(old),
  );

const role: Strategy = {
  ...plain,
  createOnUpdate: true,
  printer: createdAtPrinter,
  async admit(object, call) {
    await admit(object, undefined, call);
    return object;
  },
  async prepareForUpdate(next, old, call) {
    if (!isHarmless(roleOf(next), roleOf(old))) await admit(next, old, call);
    return next;
  },
  validate: (object, { resource }) => validateRole(object, resource.namespaced),
  validateUpdate: (next, old, { resource }) => [
    ...validateRole(next, resource.namespaced),
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
  ],
};

export const roles: Strategy = { ...role, ...rightsChanges(`roles.${RBAC_GROUP}`) };
export const clusterRoles: Strategy = { ...role, ...rightsChanges(`clusterroles.${RBAC_GROUP}`) };
