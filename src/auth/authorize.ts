// What a caller may do. Kubernetes' RBAC objects do not exist yet: masters may all, service accounts may discover and ask about themselves.
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

const PUBLIC = /^\/(healthz|livez|readyz|version)(\/.*)?$/;
const DISCOVERY =
  /^\/(api|apis|openapi|healthz|livez|readyz|version)(\/.*)?$|^\/$|^\/\.well-known\/openid-configuration$|^\/openid\/v1\/jwks$/;
const SELF_REVIEWS = new Set([
  'selfsubjectreviews',
  'selfsubjectaccessreviews',
  'selfsubjectrulesreviews',
]);

/** True where the caller may. */
export function authorize(user: User, attributes: Attributes): boolean {
  if (user.groups.includes('system:masters')) return true;
  const authenticated = user.groups.includes('system:authenticated');
  if ('path' in attributes)
    return attributes.verb === 'get' && (authenticated ? DISCOVERY : PUBLIC).test(attributes.path);
  return authenticated && attributes.verb === 'create' && SELF_REVIEWS.has(attributes.resource);
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Kubernetes' words for a refusal: what stands after `<resource> is forbidden: `, or the whole text for a path. */
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
