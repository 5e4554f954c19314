// Authorizes a request: Kubernetes' 403 for what the caller may not do.
import type { AuthorizePorts } from '../auth/authorize.ts';
import { authorize, refusal } from '../auth/authorize.ts';
import type { Attributes } from '../auth/rbac/policy-rule.ts';
import type { User } from '../auth/user.ts';
import { ApiError } from '../errors.ts';
import { present } from '../present.ts';
import type { Call } from './call.ts';

/** Throws 403 where the caller may not do it. */
export async function admitCaller(
  ports: AuthorizePorts,
  user: User,
  attributes: Attributes,
): Promise<void> {
  const { allowed, reason } = await authorize(ports, user, attributes);
  if (allowed) return;
  const why = refusal(user, attributes, reason);
  if ('path' in attributes) throw new ApiError('Forbidden', `forbidden: ${why}`, { empty: true });
  const { name, resource, group } = attributes;
  const kind = group === '' ? resource : `${resource}.${group}`;
  const named = name ? ` ${JSON.stringify(name)}` : '';
  throw new ApiError('Forbidden', `${kind}${named} is forbidden: ${why}`, {
    ...present({ name: name || undefined }),
    kind,
  });
}

/** The same for an additional verb that the call performs. */
export const admitCall = (
  { ports, user, resource, namespace, name, subresource }: Call,
  verb: string,
): Promise<void> =>
  admitCaller(ports, user, {
    ...{ verb, group: resource.group, resource: resource.plural },
    ...{ subresource, namespace, name },
  });
