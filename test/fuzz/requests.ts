// Requests to the API: any verb on any resource, its subresources and the paths beside them, with bodies, options and headers.
import { apiVersionOf } from '../../src/kinds/resources.ts';
import type { GroupKind, Resource } from '../../src/kinds/resources.ts';
import type { Wire } from '../../src/kinds/generate-wire.ts';
import { present } from '../../src/present.ts';
import type { Chance } from '../simulation/random.ts';
import { encoded, looseYaml } from './encodings.ts';
import {
  anyName,
  collectionPath,
  grown,
  NAMESPACE,
  pickResource,
  wholeObject,
  type KubeValue,
} from './objects.ts';
import { somePatch } from './patches.ts';
import { someQuery } from './queries.ts';
import { flipped, noise, spoilt, type Value } from './values.ts';

export interface ApiRequest {
  method: string;
  path: string;
  headers: { [name: string]: string };
  body?: Buffer;
}

const ACCEPTS = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  '*/*',
  '',
  'text/plain',
  ';;;',
  'application/json;q=x',
  ',,',
  'application/json;as=Table',
  'a/b;q=1,application/json;q=0.1',
  'application/json;stream=watch',
  ...['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList', 'x'].map(
    (as) => `application/json;as=${as};v=v1;g=meta.k8s.io`,
  ),
  'application/yaml;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io',
];
const OTHER_HEADERS: [string, string[]][] = [
  [
    'impersonate-user',
    [
      'x',
      'system:serviceaccount:a:b',
      'system:anonymous',
      'system:serviceaccount',
      'system:serviceaccount:::',
    ],
  ],
  ['impersonate-group', ['g', 'system:masters', '']],
  ['impersonate-uid', ['u']],
  ['impersonate-extra-a%2fb', ['v']],
  ['impersonate-extra-%zz', ['v']],
  ['user-agent', ['', 'curl/1', 'a'.repeat(500), 'Mozilla/5.0']],
  ['accept-encoding', ['gzip', 'x', 'gzip;q=0']],
  ['if-none-match', ['x', '"x"', '*']],
  [
    'authorization',
    [
      '',
      'Bearer',
      'Bearer x',
      'Basic eDp4',
      'Bearer a.b.c',
      'Bearer k8s-aws-v1.x',
      `Bearer ${'A'.repeat(5_000)}`,
    ],
  ],
  ['x-forwarded-for', ['1.2.3.4']],
  ['expect', ['x']],
  ['range', ['bytes=0-1']],
];

function someHeaders(chance: Chance): ApiRequest['headers'] {
  const headers: ApiRequest['headers'] = {};
  if (chance.happens(0.25)) headers['accept'] = chance.pick(ACCEPTS);
  if (chance.happens(0.12)) {
    const [name, values] = chance.pick(OTHER_HEADERS);
    headers[name] = chance.pick(values);
  }
  return headers;
}

const ODD_NAMES = [
  'x',
  '..',
  '.',
  '%00',
  '%2f',
  '%ff',
  'a'.repeat(300),
  'P',
  'p%20',
  '%C3%A9',
  'constructor',
  '__proto__',
  'a/b',
  'a:80',
  'https:a:80',
  'a:b:c:d',
  '%E2%80%AE',
  '*',
];
const someName = (resource: Resource, chance: Chance): string =>
  chance.happens(0.85) ? anyName(resource, chance) : chance.pick(ODD_NAMES);
const subresourceOf = ({ subresources }: Resource, chance: Chance): string =>
  subresources.length > 0 && chance.happens(0.35)
    ? `/${chance.pick(subresources).name}`
    : chance.happens(0.02)
      ? '/x'
      : '';

function someObject(resource: GroupKind & Partial<Resource>, name: string, chance: Chance): Value {
  let object: KubeValue = wholeObject(resource, name);
  for (let time = chance.pick([0, 0, 1, 1, 2]); time > 0; time--)
    object = grown(object, resource, chance);
  return spoilt(object, chance);
}

interface Draw {
  chance: Chance;
  wire: Wire | undefined;
}

function write({ chance, wire }: Draw, method: 'POST' | 'PUT'): ApiRequest {
  const resource = pickResource(chance);
  const name = anyName(resource, chance);
  const path =
    method === 'POST'
      ? collectionPath(resource)
      : `${collectionPath(resource)}/${chance.happens(0.9) ? name : someName(resource, chance)}${subresourceOf(resource, chance)}`;
  const { body, contentType } = encoded(someObject(resource, name, chance), resource, wire, chance);
  return { method, path: path + someQuery(chance), headers: { 'content-type': contentType }, body };
}

function patch({ chance }: Draw): ApiRequest {
  const resource = pickResource(chance);
  const made = somePatch(wholeObject(resource, anyName(resource, chance)), chance);
  const query = someQuery(chance);
  const manager =
    made.apply && !query.includes('fieldManager')
      ? `${query === '' ? '?' : '&'}fieldManager=f&force=true`
      : '';
  const bytes = Buffer.from(made.text);
  return {
    method: 'PATCH',
    path: `${collectionPath(resource)}/${someName(resource, chance)}${subresourceOf(resource, chance)}${query}${manager}`,
    headers: { 'content-type': made.contentType },
    body: chance.happens(0.07) ? flipped(bytes, chance) : bytes,
  };
}

function read({ chance }: Draw): ApiRequest {
  const resource = pickResource(chance);
  const all = collectionPath(resource);
  const path = chance.pick([
    all,
    all,
    collectionPath({ ...resource, namespaced: false }),
    `${all}/${someName(resource, chance)}${subresourceOf(resource, chance)}`,
  ]);
  if (chance.happens(0.05))
    return {
      method: 'GET',
      path: `${all.replace('/v1/', '/v1/watch/')}?timeoutSeconds=1`,
      headers: {},
    };
  return {
    method: chance.happens(0.95) ? 'GET' : 'HEAD',
    path: path + someQuery(chance, { watch: true }),
    headers: {},
  };
}

function remove({ chance }: Draw): ApiRequest {
  const resource = pickResource(chance);
  const many = chance.happens(0.1);
  const path =
    collectionPath(resource) +
    (many
      ? `?labelSelector=${chance.pick(['a%3Db', 'zz', 'constructor'])}`
      : `/${someName(resource, chance)}`);
  if (chance.happens(0.4))
    return { method: 'DELETE', path: path + (many ? '' : someQuery(chance)), headers: {} };
  const options = spoilt(
    wholeObject({ group: '', version: 'v1', kind: 'DeleteOptions' }, 'x'),
    chance,
  );
  const yaml = chance.happens(0.2);
  const body = chance.happens(0.1)
    ? noise(chance)
    : Buffer.from(yaml ? looseYaml(options, chance) : JSON.stringify(options));
  return {
    method: 'DELETE',
    path,
    headers: { 'content-type': yaml ? 'application/yaml' : 'application/json' },
    body,
  };
}

/** Create-only subresources, with the kind of their bodies. */
function act(draw: Draw): ApiRequest {
  const { chance, wire } = draw;
  const [kind, path] = chance.pick<[GroupKind, string]>([
    [
      { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default/token`,
    ],
    [
      { group: 'policy', version: 'v1', kind: 'Eviction' },
      `/api/v1/namespaces/${NAMESPACE}/pods/pod${chance.below(24)}/eviction`,
    ],
    [
      { group: '', version: 'v1', kind: 'Binding' },
      `/api/v1/namespaces/${NAMESPACE}/pods/pod${chance.below(24)}/binding`,
    ],
  ]);
  const { body, contentType } = encoded(someObject(kind, 'default', chance), kind, wire, chance);
  return {
    method: 'POST',
    path: path + someQuery(chance),
    headers: { 'content-type': contentType },
    body,
  };
}

const PATHS = [
  '/',
  '/api',
  '/apis',
  '/api/v1',
  '/apis/events.k8s.io',
  '/openapi/v3',
  '/openapi/v3/api/v1?hash=x',
  '/openapi/v3/__proto__',
  '/openapi/v2',
  '/version',
  '/healthz?verbose',
  '/livez/ping',
  '/readyz/etcd',
  '/readyz/constructor',
  '/metrics',
  '/logs',
  '/api/v2',
  '/api/v1/namespaces//pods',
  '/api/v1/namespaces/%2e%2e/pods',
  '/api//v1',
  '/apis/x/y/z',
  '/.well-known/openid-configuration',
  '/openid/v1/jwks',
  '/sync',
  '/sessions/x',
  '/apis/constructor/v1/x',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  ...[
    'exec',
    'exec?command=a',
    'attach?stdin=1',
    'log',
    'log?follow=x',
    'proxy/a',
    'portforward',
    'portforward?ports=65536',
    'proxy/../../../x',
    'proxy/%2e%2e/',
    'x',
  ].map((rest) => `/api/v1/namespaces/${NAMESPACE}/pods/pod1/${rest}`),
  ...['pod1:99999', 'a:b:c:d', 'pod1:NaN', 'https:pod1:', ':::', 'pod1:http'].map(
    (name) => `/api/v1/namespaces/${NAMESPACE}/pods/${name}/proxy/`,
  ),
  '/api/v1/nodes/droppod/proxy/pods',
  '/api/v1/nodes/droppod:1/proxy/',
  '/api/v1/nodes/droppod/proxy/../../secrets',
  '/api/v1/watch/namespaces/x/pods/y?timeoutSeconds=1',
  '/2015-03-31/functions/sweep/invocations',
];
const SEGMENTS = [
  'api',
  'apis',
  'v1',
  'namespaces',
  NAMESPACE,
  'pods',
  'pod1',
  'proxy',
  'status',
  '',
  '.',
  '..',
  '%2f',
  '%',
  '%zz',
  'a'.repeat(50),
  'events.k8s.io',
  'nodes',
  '*',
  '__proto__',
  apiVersionOf({ group: 'x', version: 'y' }),
];
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'];

function wander({ chance }: Draw): ApiRequest {
  const known = chance.happens(0.6);
  const path = known
    ? chance.pick(PATHS)
    : `/${Array.from({ length: 1 + chance.below(8) }, () => chance.pick(SEGMENTS)).join('/')}`;
  const method = chance.pick(known ? ['GET', 'GET', 'GET', ...METHODS] : METHODS);
  const body = ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)
    ? chance.pick([undefined, Buffer.from('{}'), noise(chance)])
    : undefined;
  return {
    method,
    path: path.includes('?') ? path : path + someQuery(chance),
    headers: {},
    ...present({ body }),
  };
}

/** One request; the same chance, the same request. */
export function someRequest(draw: Draw): ApiRequest {
  const { chance } = draw;
  const at = chance.next();
  const made =
    at < 0.32
      ? write(draw, 'POST')
      : at < 0.44
        ? write(draw, 'PUT')
        : at < 0.64
          ? patch(draw)
          : at < 0.77
            ? read(draw)
            : at < 0.85
              ? remove(draw)
              : at < 0.9
                ? act(draw)
                : wander(draw);
  return { ...made, headers: { ...made.headers, ...someHeaders(chance) } };
}
