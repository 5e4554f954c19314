// Nobody grants what they have not got: the checks before a role or a binding is written.
import { ApiError, notFound } from '../errors.ts';
import type { User } from './user.ts';
import type { AuthorizePorts } from './authorize.ts';
import { authorize, isMaster } from './authorize.ts';
import { quote } from '../validation/field-errors.ts';
import { missingRights } from './rbac/missing-rights.ts';
import type { PolicyRule } from './rbac/policy-rule.ts';
import type { RoleRef } from './rbac/policy.ts';
import { RBAC_GROUP } from './rbac/policy.ts';
import { policyOf } from './rbac/rights.ts';

/** Who writes which role or binding, and where. */
export interface Writing {
  ports: AuthorizePorts;
  user: User;
  /** The plural without its group. */
  resource: string;
  /** '' for cluster kinds. */
  namespace: string;
  /** The name in the request; '' for a creation. */
  name: string;
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Throws 403 unless the writer has all of the role's rules where it applies, or may `escalate`. `named`: the object's own name. */
export async function admitRole(
  writing: Writing,
  named: string,
  rules: readonly PolicyRule[],
  aggregates: boolean,
): Promise<void> {
  const { ports, user, resource, namespace, name } = writing;
  if (isMaster(user)) return;
  const escalate = {
    ...{ verb: 'escalate', group: RBAC_GROUP, resource, subresource: '' },
    ...{ namespace, name },
  };
  if ((await authorize(ports, user, escalate)).allowed) return;
  await admitRules(writing, named, rules);
  // An aggregating role gathers whatever others are given.
  if (aggregates && (await lacking(writing, EVERYTHING)).length > 0)
    throw forbiddenTo(
      writing,
      named,
      'must have cluster-admin privileges to use the aggregationRule',
    );
}

const ROLE_RESOURCES = new Map([
  ['ClusterRole', 'clusterroles'],
  ['Role', 'roles'],
]);

/** Throws 403 unless the writer has all rules of the bound role or may `bind` it, and 404 where there is no such role. */
export async function admitBinding(
  writing: Writing,
  named: string,
  roleRef: RoleRef,
): Promise<void> {
  const { ports, user, resource, namespace } = writing;
  if (isMaster(user)) return;
  const bound = ROLE_RESOURCES.get(roleRef.kind);
  const bind = {
    ...{ verb: 'bind', group: roleRef.apiGroup ?? '', resource: bound ?? '', subresource: '' },
    ...{ namespace, name: roleRef.name },
  };
  if (bound !== undefined && (await authorize(ports, user, bind)).allowed) return;
  const rules = (await policyOf(ports)).rulesOfRole(roleRef, namespace);
  if (rules === undefined)
    throw bound === undefined
      ? new ApiError('', `unsupported role reference kind: ${quote(roleRef.kind)}`)
      : notFound(`${resource}.${RBAC_GROUP}`, roleRef.name);
  await admitRules(writing, named, rules);
}

async function admitRules(
  writing: Writing,
  named: string,
  rules: readonly PolicyRule[],
): Promise<void> {
  const lines = await lacking(writing, rules);
  if (lines.length === 0) return;
  const { ports, user, namespace } = writing;
  const { missing } = (await policyOf(ports)).rulesOf(user, namespace);
  const unresolved = missing.length === 0 ? '' : `; resolution errors: [${missing.join(' ')}]`;
  throw forbiddenTo(
    writing,
    named,
    `user ${quote(user.name)} (groups=[${user.groups.map(quote).join(' ')}]) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${unresolved}`,
  );
}

async function lacking(
  { ports, user, namespace }: Writing,
  rules: readonly PolicyRule[],
): Promise<string[]> {
  return missingRights((await policyOf(ports)).rulesOf(user, namespace).rules, rules);
}

const forbiddenTo = ({ resource }: Writing, name: string, why: string): ApiError =>
  new ApiError(
    'Forbidden',
    `${resource}.${RBAC_GROUP}${name === '' ? '' : ` ${quote(name)}`} is forbidden: ${why}`,
    { name, kind: `${resource}.${RBAC_GROUP}` },
  );
