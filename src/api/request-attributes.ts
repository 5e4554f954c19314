// The authorization attributes of a request, read from its path before anything is looked up, so that a 403 precedes every 404.
import type { Attributes } from '../auth/rbac/policy-rule.ts';
import { own } from '../own.ts';
import { pathSegmentProblems } from '../validation/names.ts';
import { VERBS, type Route } from './routes.ts';
import { selectedName } from './selectors/field-selector.ts';
import { boolOption } from './wire/options.ts';

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** The attributes of a request by kube-apiserver's rules (RequestInfo). `segments`: the path's, decoded. */
export function requestAttributes(method: string, url: URL, segments: string[]): Attributes {
  const parts = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  const [root, first = '', second = ''] = parts;
  if (root === 'api' && parts.length >= 3 && second !== '')
    return resourceAttributes(method, url.searchParams, '', parts.slice(2));
  if (root === 'apis' && parts.length >= 4 && parts[3] !== '')
    return resourceAttributes(method, url.searchParams, first, parts.slice(3));
  return { verb: method === 'HEAD' ? 'get' : method.toLowerCase(), path: url.pathname };
}

function resourceAttributes(
  method: string,
  query: URLSearchParams,
  group: string,
  parts: string[],
): Attributes {
  const watching = parts[0] === 'watch';
  const rest = watching ? parts.slice(1) : parts;
  const namespace = rest[0] === 'namespaces' ? (rest[1] ?? '') : '';
  const [resource = '', name = '', subresource = ''] =
    rest[0] === 'namespaces' && rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2] ?? '')
      ? rest.slice(2)
      : rest;
  const verb = watching ? 'watch' : (own(VERBS, method) ?? '');
  const place = { group, resource, subresource, namespace };
  if (name !== '') return { ...place, name, verb };
  if (verb === 'get' || verb === 'watch') {
    const listing = watching || boolOption(query, 'watch') ? 'watch' : 'list';
    return { ...place, name: nameIn(query), verb: listing };
  }
  return { ...place, name, verb: verb === 'delete' ? 'deletecollection' : verb };
}

/** A field selector on the name makes a list or watch a request for one object. */
function nameIn(query: URLSearchParams): string {
  const name = selectedName(query.get('fieldSelector') ?? '') ?? '';
  return pathSegmentProblems(name).length > 0 ? '' : name;
}

/** Whether the authorized attributes match the route. They always do; this is a second check. */
export const isAuthorizedRoute = (
  attributes: Attributes,
  { resource, namespace, name, subresource }: Route,
  verb: string,
): boolean =>
  'resource' in attributes &&
  attributes.verb === verb &&
  attributes.group === resource.group &&
  attributes.resource === resource.plural &&
  attributes.subresource === subresource &&
  (name === '' || attributes.name === name) &&
  attributes.namespace ===
    (resource.plural === 'namespaces' && resource.group === '' ? name : namespace);
