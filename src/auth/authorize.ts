// What a caller may do: the rules of the roles that it is bound to, matched as in Kubernetes' RBAC.
import type { Ports } from '../ports/ports.ts';
import { quote } from '../validation/field-errors.ts';
import type { Attributes } from './rbac/policy-rule.ts';
import type { Policy } from './rbac/policy.ts';
import { policyOf } from './rbac/rights.ts';
import type { User } from './user.ts';

export type AuthorizePorts = Pick<Ports, 'store' | 'clock' | 'settings'>;

export interface Decision {
  allowed: boolean;
  /** kube-apiserver's reason; '' where it gives none. */
  reason: string;
}

/** Members may do everything whatever the bindings say, so that an installation can be administered without any role. */
export const isMaster = ({ groups }: User): boolean => groups.includes('system:masters');

/** Whether the caller may do it, as roles and bindings are now (on AWS: within `STALE_MS`). */
export async function authorize(
  ports: AuthorizePorts,
  user: User,
  attributes: Attributes,
): Promise<Decision> {
  if (isMaster(user)) return { allowed: true, reason: '' };
  return decide(await policyOf(ports), user, attributes);
}

/** The decision by one state of all roles and bindings. */
export function decide(policy: Policy, user: User, attributes: Attributes): Decision {
  if (isMaster(user)) return { allowed: true, reason: '' };
  if (isReservedForMasters(attributes)) return { allowed: false, reason: '' };
  const rights = policy.rightsOf(user, 'path' in attributes ? '' : attributes.namespace);
  const binding = rights.allowedBy(attributes);
  if (binding !== undefined) return { allowed: true, reason: `RBAC: allowed by ${binding}` };
  return { allowed: false, reason: rights.problems === '' ? '' : `RBAC: ${rights.problems}` };
}

/**
 * The ConfigMap aws-auth can put users into any group, so a caller who may write ConfigMaps everywhere would be a master. RBAC knows no
 * exceptions and a creation has no name yet: only masters may write ConfigMaps in that namespace.
 */
const isReservedForMasters = (attributes: Attributes): boolean =>
  'resource' in attributes &&
  attributes.group === '' &&
  attributes.resource === 'configmaps' &&
  attributes.namespace === 'kube-system' &&
  !READING.has(attributes.verb);

const READING = new Set(['get', 'list', 'watch']);

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Kubernetes' text of a refusal: the part after `<resource> is forbidden: `, or the whole text for a path. */
export function refusal(user: User, attributes: Attributes, reason = ''): string {
  const who = `User ${JSON.stringify(escape(user.name))}`;
  const why = reason === '' ? '' : `: ${reason}`;
  if ('path' in attributes)
    return `${who} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}${why}`;
  const { verb, group, resource, subresource, namespace } = attributes;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? `in the namespace ${quote(namespace)}` : 'at the cluster scope';
  return `${who} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}${why}`;
}
