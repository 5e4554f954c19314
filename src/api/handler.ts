// The Kubernetes API without a socket: it takes a Request and returns a Response. Adapters (Lambda, the local server) only carry bytes.
import { authenticate } from '../auth/authenticate.ts';
import { impersonate } from '../auth/impersonate.ts';
import type { User } from '../auth/user.ts';
import { ApiError, badRequest, notFound, Unavailable } from '../errors.ts';
import { findResource } from '../kinds/resources.ts';
import type { Resource } from '../kinds/resources.ts';
import { faultMembers } from '../ports/log.ts';
import { present } from '../present.ts';
import { servedKinds } from '../steps/definitions/served-kinds.ts';
import { admitCall, admitCaller } from './admit-caller.ts';
import type { Answer, ApiPorts, Call } from './call.ts';
import { answerPath } from './discovery/paths.ts';
import { isAuthorizedRoute, requestAttributes } from './request-attributes.ts';
import { strategyFor } from './resources/strategies.ts';
import { isServed, methodNotAllowed, parseRoute, pathNotFound, verbOf } from './routes.ts';
import type { Route } from './routes.ts';
import { checkConnection, forwardedPorts } from './subresources/connect.ts';
import type { Connection } from './subresources/connect.ts';
import { subresourceVerb } from './subresources/subresources.ts';
import { create } from './verbs/create.ts';
import { deleteCollection } from './verbs/delete-collection.ts';
import { remove } from './verbs/delete.ts';
import { get } from './verbs/get.ts';
import { list } from './verbs/list.ts';
import { patch } from './verbs/patch.ts';
import { update } from './verbs/update.ts';
import { watch } from './verbs/watch.ts';
import { negotiate } from './wire/negotiation.ts';
import type { Output } from './wire/negotiation.ts';
import { renderList, renderObject, renderTexts, respond, respondJson } from './wire/render.ts';
import { toStatus } from './wire/status.ts';
import { addWarnings } from './wire/warnings.ts';

/** The verbs of main resources, and of subresources that are only another view of the same object. */
const VERBS: Record<Call['verb'], (call: Call) => Promise<Answer>> = {
  create,
  get,
  list,
  watch,
  update,
  patch,
  delete: remove,
  deletecollection: deleteCollection,
};

/** Answers any request; never throws. `caller` is set where the front authenticates the request. */
export async function handle(
  ports: ApiPorts,
  request: Request,
  caller?: User | Promise<User>,
): Promise<Response> {
  const warnings: string[] = [];
  const response = await answer(ports, request, caller, warnings).catch((error: unknown) =>
    failure(ports, request, error),
  );
  const { headers } = response;
  headers.set('audit-id', request.headers.get('audit-id') ?? ports.ids.uuid());
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache, private');
  addWarnings(headers, warnings);
  return response;
}

/** The container or port that a stream connects to. */
export interface CheckedStream extends Connection {
  subresource: string;
  query: URLSearchParams;
  /** Set for a port-forward over channels. */
  ports: number[];
}

/** The checks before a stream (exec, attach, port-forward) opens. `byChannels`: the ports are in the query. A refusal is a Response. */
export async function checkStream(
  ports: ApiPorts,
  request: Request,
  byChannels: boolean,
): Promise<CheckedStream | Response> {
  try {
    const call = await toCall(ports, request, undefined, []);
    if (call instanceof Response) return call;
    if (!STREAMS.has(call.subresource)) throw badRequest('Upgrade request is not possible here');
    // A stream changes what runs, so that the right to read is not enough for it, although WebSockets open by GET.
    if (call.verb === 'get') await admitCall(call, 'create');
    const connection = await checkConnection(call);
    const forwarded =
      call.subresource === 'portforward' && byChannels ? forwardedPorts(call.query) : [];
    return { ...connection, subresource: call.subresource, query: call.query, ports: forwarded };
  } catch (error) {
    return failure(ports, request, error);
  }
}

const STREAMS = new Set(['exec', 'attach', 'portforward']);

async function answer(
  ports: ApiPorts,
  request: Request,
  caller: User | Promise<User> | undefined,
  warnings: string[],
): Promise<Response> {
  const call = await toCall(ports, request, caller, warnings);
  return call instanceof Response
    ? call
    : render(call, await (subresourceVerb(call) ?? VERBS[call.verb])(call));
}

/** The request as a call of a resource, or the Response to a request for anything else (discovery, health). */
async function toCall(
  ports: ApiPorts,
  request: Request,
  caller: User | Promise<User> | undefined,
  warnings: string[],
): Promise<Call | Response> {
  const url = new URL(request.url);
  const user = await impersonate(ports, await (caller ?? authenticate(ports, request)), request);
  const segments = url.pathname.split('/').slice(1).map(decodeSegment);
  const attributes = requestAttributes(request.method, url, segments);
  await admitCaller(ports, user, attributes);
  const target = resourceSegments(segments);
  if (target === undefined) return answerPath(ports, request, url);
  const route = await routeOf(ports, target);
  if (route === undefined) return answerPath(ports, request, url);
  if (route.watchPrefix) url.searchParams.set('watch', 'true');
  const verb = verbOf(route, request.method, url.searchParams);
  if (!isAuthorizedRoute(attributes, route, verb)) throw methodNotAllowed();
  const strategy = strategyFor(route.resource, route.subresource);
  if (strategy.deprecation !== undefined) warnings.push(strategy.deprecation);
  return {
    ...route,
    ports,
    request,
    query: url.searchParams,
    user,
    verb,
    strategy,
    warnings,
    now: ports.clock.now(),
    output: negotiate(request, url.searchParams, route.resource.verbs.includes('get')),
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A path with a broken escape cannot name anything that exists.
    return segment;
  }
}

/** The name in a path of the resource. */
const nameIn = (rest: string[], { plural }: Resource): string =>
  rest[rest.lastIndexOf(plural) + 1] ?? '';

interface Target {
  group: string;
  version: string;
  rest: string[];
}

/** The route of a resource's path, by Kubernetes' own kinds, then custom ones; undefined: the group and version are not served. */
async function routeOf(
  ports: ApiPorts,
  { group, version, rest }: Target,
): Promise<Route | undefined> {
  const known = parseRoute(rest, (plural) => findResource(group, version, plural));
  if (known !== undefined) return known;
  const { find } = await servedKinds(ports);
  let resource: Resource | undefined;
  const custom = parseRoute(rest, (plural) => {
    const found = find(group, version, plural);
    resource ??= found;
    return found;
  });
  if (custom === undefined && resource !== undefined)
    throw notFound(resource.stored, nameIn(rest, resource));
  if (custom === undefined && isServed(group, version)) throw pathNotFound();
  return custom;
}

/** Group, version and the rest of a resource's path; undefined for discovery, health and everything else. */
function resourceSegments(segments: string[]): Target | undefined {
  const [root, first = '', second = '', ...more] = segments;
  if (root === 'api' && first === 'v1' && second !== '')
    return { group: '', version: 'v1', rest: trimmed([second, ...more]) };
  if (root !== 'apis' || more.length === 0 || more[0] === '') return undefined;
  return { group: first, version: second, rest: trimmed(more) };
}

const trimmed = (segments: string[]): string[] =>
  segments.at(-1) === '' ? segments.slice(0, -1) : segments;

function render(call: Call, result: Answer): Response {
  if (result instanceof Response) return result;
  if ('texts' in result)
    return respondJson(call.request, result.code, renderTexts(call, result.texts));
  if ('list' in result)
    return respond(call.request, result.code, renderList(call, result.list), call.output);
  const value = result.kind === 'status' ? result.object : renderObject(call, result.object);
  return respond(call.request, result.code, value, call.output);
}

function failure(ports: Pick<ApiPorts, 'log'>, request: Request, error: unknown): Response {
  const known =
    error instanceof Unavailable
      ? new ApiError('ServiceUnavailable', 'the server is currently unable to handle the request', {
          retryAfterSeconds: 1,
          cause: error,
        })
      : error;
  logFailure(ports, request, known, error);
  const { code, status, retryAfterSeconds } = toStatus(known);
  const headers: Record<string, string> = {
    ...present({
      'retry-after': retryAfterSeconds === undefined ? undefined : String(retryAfterSeconds),
      'x-content-type-options': code === 403 ? 'nosniff' : undefined,
    }),
  };
  return respond(request, code, status, outputFor(request), headers);
}

/** Logs what the caller does not see: internal errors, and faults of dependencies. */
function logFailure(
  { log }: Pick<ApiPorts, 'log'>,
  { method, url }: Request,
  known: unknown,
  error: unknown,
): void {
  const on = { request: `${method} ${new URL(url).pathname}` };
  if (error instanceof Unavailable) {
    // A lasting fault meets every caller: only the first of consecutive lines with the same cause is logged, to spare the disk.
    const causes = withCauses(error);
    if (causes !== lastUnavailable) log('error', 'request unavailable', { ...on, error: causes });
    lastUnavailable = causes;
  } else if (!(known instanceof ApiError))
    log('error', 'request failed', { ...on, ...faultMembers(error) });
  else if (isOurs(known.details.cause))
    log('error', 'a body could not be decoded', { ...on, ...faultMembers(known.details.cause) });
}

let lastUnavailable = '';

/** Decoders report invalid bodies by their own error types; any other error is a fault of the decoder. */
const isOurs = (cause: unknown): boolean =>
  cause instanceof TypeError || cause instanceof ReferenceError;

/** An error's message, followed by the messages of its causes. */
function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined
    ? error.message
    : `${error.message} (${withCauses(error.cause)})`;
}

/** The response when no Request can be built (malformed bytes, a method that Fetch does not know). */
export function refusalOf(code: number, message: string): Response {
  const reason =
    code === 405
      ? 'MethodNotAllowed'
      : code === 413
        ? 'RequestEntityTooLarge'
        : code === 408
          ? 'Timeout'
          : 'BadRequest';
  const { status } = toStatus(new ApiError(reason, message, { code }));
  return Response.json(status, { status: code, headers: { 'cache-control': 'no-cache, private' } });
}

/** Errors are sent in the negotiated format; as JSON where negotiation itself fails. */
function outputFor(request: Request): Output {
  try {
    return negotiate(request, new URL(request.url).searchParams);
  } catch {
    return { format: 'json', pretty: false };
  }
}
