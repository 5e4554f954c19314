// Maps paths and methods to resources and verbs.
import { ApiError } from '../errors.ts';
import { RESOURCES } from '../kinds/resources.ts';
import type { Resource, Verb } from '../kinds/resources.ts';
import { own } from '../own.ts';
import type { ResourceRoute } from './call.ts';
import { boolOption } from './wire/options.ts';

export type Route = ResourceRoute & { watchPrefix: boolean };

/** The verb of each method on an object. */
export const VERBS: Record<string, Verb> = {
  GET: 'get',
  HEAD: 'get',
  OPTIONS: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** go-restful's response for a path below a served version that names nothing. */
export const pathNotFound = (): ApiError =>
  new ApiError('NotFound', 'the server could not find the requested resource', { empty: true });
/** The response to a method that a route does not support. */
export const methodNotAllowed = (): ApiError =>
  new ApiError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    { empty: true },
  );

/** Whether anything of the group and version is served. */
export const isServed = (group: string, version: string): boolean =>
  RESOURCES.some((entry) => entry.group === group && entry.version === version);

/** Finds the resource of a plural within the path's group and version. */
type FindResource = (plural: string) => Resource | undefined;

/** Parses the segments below `/api/v1` or `/apis/<group>/<version>`; undefined for an unknown resource. */
export function parseRoute(segments: string[], find: FindResource): Route | undefined {
  const watchPrefix = segments[0] === 'watch';
  const rest = watchPrefix ? segments.slice(1) : segments;
  const route = inNamespace(rest, find) ?? atCluster(rest, find);
  return route && { ...route, watchPrefix };
}

function inNamespace(segments: string[], find: FindResource): ResourceRoute | undefined {
  const [first, namespace, plural, name = '', subresource = '', ...more] = segments;
  if (
    first !== 'namespaces' ||
    namespace === undefined ||
    plural === undefined ||
    (more.length > 0 && subresource !== 'proxy')
  )
    return undefined;
  const resource = find(plural);
  const path = subresource === 'proxy' ? { path: more.join('/') } : {};
  return resource?.namespaced && hasSubresource(resource, subresource)
    ? { resource, namespace, name, subresource, ...path }
    : undefined;
}

function atCluster(segments: string[], find: FindResource): ResourceRoute | undefined {
  const [plural = '', name = '', subresource = '', ...more] = segments;
  const resource = find(plural);
  if (
    resource === undefined ||
    (more.length > 0 && subresource !== 'proxy') ||
    !hasSubresource(resource, subresource)
  )
    return undefined;
  const path = subresource === 'proxy' ? { path: more.join('/') } : {};
  return resource.namespaced && name !== ''
    ? undefined
    : { resource, namespace: '', name, subresource, ...path };
}

const hasSubresource = ({ subresources }: ResourceRoute['resource'], name: string): boolean =>
  name === '' || subresources.some((entry) => entry.name === name);

/** The verb for a method on a route; throws 405 if the endpoint does not support it. */
export function verbOf(route: Route, method: string, query: URLSearchParams): Verb {
  const verb = route.name === '' ? collectionVerb(route, method, query) : objectVerb(route, method);
  const served =
    route.subresource === ''
      ? route.resource.verbs
      : (route.resource.subresources.find(({ name }) => name === route.subresource)?.verbs ?? []);
  if (verb !== undefined && served.includes(verb)) return verb;
  throw methodNotAllowed();
}

function collectionVerb(
  { resource, namespace, watchPrefix }: Route,
  method: string,
  query: URLSearchParams,
): Verb | undefined {
  const everywhere = resource.namespaced && namespace === '';
  if (method === 'GET') return watchPrefix || boolOption(query, 'watch') ? 'watch' : 'list';
  if (everywhere) return undefined;
  return method === 'POST' ? 'create' : method === 'DELETE' ? 'deletecollection' : undefined;
}

/** HEAD and OPTIONS are only served behind a proxy, and POST to a name never is. */
function objectVerb({ subresource }: Route, method: string): Verb | undefined {
  if (['HEAD', 'OPTIONS'].includes(method) && subresource !== 'proxy') return undefined;
  if (method === 'POST' && subresource === '') return undefined;
  return own(VERBS, method);
}
