// Paths that name no resource: discovery, OpenAPI, version, health.
import { issuerOf } from '../../auth/service-account-tokens.ts';
import { publicKeys } from '../../auth/signing-keys.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { ApiPorts } from '../call.ts';
import { methodNotAllowed, pathNotFound } from '../routes.ts';
import { negotiate } from '../wire/negotiation.ts';
import { respond } from '../wire/render.ts';
import { openapiDocument, openapiIndex } from './openapi.ts';
import { openapiV2Json } from './openapi-v2.ts';
import { openapiV2Protobuf } from './openapi-v2-protobuf.ts';
import { storeProblem } from './readiness.ts';
import {
  aggregated,
  coreVersions,
  groupDocument,
  groupList,
  resourceList,
} from './resource-lists.ts';
import { servedTable } from './served-table.ts';
import { VERSION } from './version.ts';

type Table = readonly Resource[];

const PLAIN = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const V2_PROTOBUF_ANSWER = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const V2_PROTOBUF = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  V2_PROTOBUF_ANSWER,
];
const CHECKS = ['ping', 'log', 'etcd'];

const notFoundText = (): Response =>
  new Response('404 page not found\n', { status: 404, headers: PLAIN });

/** Answers a path outside the served resources; the caller may see it. */
export async function answerPath(ports: ApiPorts, request: Request, url: URL): Promise<Response> {
  const path = url.pathname === '/' ? '/' : url.pathname.replace(/\/+$/, '');
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return health(ports, path, url.searchParams);
  if (path.startsWith('/openapi/'))
    return openapi(await servedTable(ports), request, path, url.searchParams);
  if (path === '/version' && request.method !== 'GET') throw methodNotAllowed();
  if (path === '/version') return respond(request, 200, VERSION, { format: 'json', pretty: true });
  if (path.startsWith('/openid') || path.startsWith('/.well-known'))
    return identity(ports, request, path);
  return discovery(await servedTable(ports), request, url, path);
}

/** Both documents may be cached for as long as kube-apiserver allows. */
const CACHED = { 'cache-control': 'public, max-age=3600' };

async function identity(ports: ApiPorts, request: Request, path: string): Promise<Response> {
  const json = { format: 'json', pretty: false } as const;
  if (path === '/openid/v1/jwks')
    return respond(request, 200, await publicKeys(ports), json, {
      ...CACHED,
      'content-type': 'application/jwk-set+json',
    });
  if (path !== '/.well-known/openid-configuration') return notFoundText();
  const issuer = issuerOf(ports);
  const { keys } = await publicKeys(ports);
  return respond(
    request,
    200,
    {
      issuer,
      jwks_uri: `${issuer}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [...new Set(keys.map(({ alg = '' }) => alg))],
    },
    json,
    CACHED,
  );
}

async function health(ports: ApiPorts, path: string, query: URLSearchParams): Promise<Response> {
  const [, name = '', check] = path.split('/');
  if (check !== undefined && !CHECKS.includes(check)) return notFoundText();
  // Liveness ignores the store: a restart does not help a server that lives and cannot write.
  const problem =
    name !== 'livez' && (check ?? 'etcd') === 'etcd' ? await storeProblem(ports) : undefined;
  if (problem !== undefined && check !== undefined)
    return new Response(`internal server error: ${problem}\n`, { status: 500, headers: PLAIN });
  if (problem !== undefined)
    return new Response(
      `${CHECKS.map((entry) => (entry === 'etcd' ? '[-]etcd failed: reason withheld' : `[+]${entry} ok`)).join('\n')}\n${name} check failed\n`,
      { status: 500, headers: PLAIN },
    );
  const lines = [...CHECKS.map((entry) => `[+]${entry} ok`), `${name} check passed`];
  return new Response(
    query.has('verbose') && check === undefined ? `${lines.join('\n')}\n` : 'ok',
    { headers: PLAIN },
  );
}

function discovery(table: Table, request: Request, url: URL, path: string): Response {
  if (path === '/api' || path === '/apis') {
    const accept = request.headers.get('accept') ?? '';
    if (/as=APIGroupDiscoveryList/.test(accept) && /v=v2(?!beta)/.test(accept))
      return aggregatedAnswer(table, request, path);
  }
  const document =
    path === '/api'
      ? coreVersions(url.host)
      : path === '/apis'
        ? groupList(table)
        : path === '/'
          ? rootPaths()
          : byGroup(table, path.split('/').slice(1));
  if (document === undefined) {
    // Kubernetes answers unknown groups in plain text; everything else is refused with a Status, as elsewhere.
    if (path.startsWith('/apis/')) return notFoundText();
    throw pathNotFound();
  }
  const isRoute = !['/', '/api', '/apis'].includes(path);
  if (isRoute && request.method !== 'GET') throw methodNotAllowed();
  const { format, pretty } = negotiate(request, url.searchParams);
  return respond(request, 200, document, { format, pretty: pretty || path === '/' });
}

function byGroup(table: Table, [root, first = '', second, ...more]: string[]): unknown {
  if (more.length > 0) return undefined;
  if (root === 'api') return second === undefined ? resourceList(table, '', first) : undefined;
  if (root !== 'apis') return undefined;
  return second === undefined ? groupDocument(table, first) : resourceList(table, first, second);
}

function aggregatedAnswer(table: Table, request: Request, path: '/api' | '/apis'): Response {
  const { body, etag } = aggregated(table, path);
  // A cache takes the headers of a 304 for its own (RFC 9111, 4.3.4), and a function URL gives every answer a content type.
  const headers = { etag, vary: 'Accept', 'cache-control': 'public', 'content-type': AGGREGATED };
  if (request.headers.get('if-none-match') === etag)
    return new Response(null, { status: 304, headers });
  return new Response(body, { headers });
}

const rootPaths = (): unknown => ({
  paths: [
    '/.well-known/openid-configuration',
    '/api',
    '/api/v1',
    '/apis',
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/openid/v1/jwks',
    '/readyz',
    '/version',
  ],
});

function jsonV2(request: Request, table: Table): Response {
  const { text, etag } = openapiV2Json(table);
  const headers = { 'content-type': 'application/json', vary: 'Accept', etag };
  return request.headers.get('if-none-match') === etag
    ? new Response(null, { status: 304, headers })
    : new Response(text, { headers });
}

/** Clients that read this document accept protobuf or JSON, under either spelling of the type. */
function version2(table: Table, request: Request): Response {
  const accepted = (request.headers.get('accept') ?? '')
    .split(',')
    .map((clause) => clause.split(';')[0]?.trim() ?? '');
  for (const type of accepted) {
    if (V2_PROTOBUF.includes(type))
      return new Response(openapiV2Protobuf(table), {
        headers: { 'content-type': V2_PROTOBUF_ANSWER, vary: 'Accept' },
      });
    if (['', '*/*', 'application/*', 'application/json'].includes(type))
      return jsonV2(request, table);
  }
  return new Response(null, { status: 406 });
}

function openapi(table: Table, request: Request, path: string, query: URLSearchParams): Response {
  if (path === '/openapi/v3')
    return respond(
      request,
      200,
      openapiIndex(table),
      { format: 'json', pretty: false },
      { 'content-type': 'text/plain; charset=utf-8' },
    );
  if (path === '/openapi/v2') return version2(table, request);
  if (!path.startsWith('/openapi/v3/')) return new Response(null, { status: 404 });
  const document = openapiDocument(table, path.slice('/openapi/v3/'.length));
  if (document === undefined) return new Response(null, { status: 404 });
  if (!/application\/json|\*\/\*|application\/\*|^$/.test(request.headers.get('accept') ?? ''))
    return new Response(null, { status: 406 });
  const hash = query.get('hash');
  const headers = {
    'content-type': 'application/json',
    etag: `"${document.hash}"`,
    vary: 'Accept',
  };
  if (hash === null) return new Response(document.body, { headers });
  if (hash !== document.hash)
    return new Response(null, {
      status: 301,
      headers: { location: `${path}?hash=${document.hash}` },
    });
  return new Response(document.body, {
    headers: { ...headers, 'cache-control': 'public, immutable' },
  });
}
