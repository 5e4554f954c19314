// The paths of a resource in OpenAPI v3: operations with their parameters, bodies and answers, as clients are generated from them.
import { schemaName } from '../../custom/openapi.ts';
import { ensureKinds } from '../../kinds/load.ts';
import { apiVersionOf, kindKey, listKindOf } from '../../kinds/resources.ts';
import type { GroupKind, Resource, Subresource, Verb } from '../../kinds/resources.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import { strategyFor } from '../resources/strategies.ts';

export interface Parameter {
  name: string;
  in: 'path' | 'query';
  required?: true;
  schema: { type: string; uniqueItems: true };
}

export interface PathItem {
  parameters?: Parameter[];
  [method: string]: unknown;
}

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const WATCH_EVENT = `${META}.WatchEvent`;
export const PATCH_BODY = `${META}.Patch`;
export const RESOURCE_LIST = `${META}.APIResourceList`;

/** Parameters from texts `name` or `name:type`. */
const query = (...texts: string[]): Parameter[] =>
  texts.map((text) => {
    const [name = '', type = 'string'] = text.split(':');
    return { name, in: 'query', schema: { type, uniqueItems: true } };
  });

const WRITE = query('dryRun', 'fieldManager', 'fieldValidation');
const DELETE = query(
  'dryRun',
  'gracePeriodSeconds:integer',
  'ignoreStoreReadErrorWithClusterBreakingPotential:boolean',
  'orphanDependents:boolean',
  'propagationPolicy',
);
const SELECT = query(
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit:integer',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents:boolean',
  'timeoutSeconds:integer',
);
const LIST = [...SELECT, ...query('allowWatchBookmarks:boolean', 'watch:boolean')];
const PARAMETERS: Partial<Record<Verb, Parameter[]>> = {
  create: WRITE,
  update: WRITE,
  patch: [...WRITE, ...query('force:boolean')],
  list: LIST,
  delete: DELETE,
  deletecollection: [...SELECT, ...DELETE],
};

const STREAMS = query('container', 'stderr:boolean', 'stdin:boolean', 'stdout:boolean');
const TERMINAL = [...STREAMS, ...query('tty:boolean')];
/** Subresources that answer no object, with what they take. */
const CONNECTIONS: Record<string, Parameter[]> = {
  attach: TERMINAL,
  exec: [...query('command'), ...TERMINAL],
  portforward: query('ports:integer'),
  proxy: query('path'),
  log: query(
    'container',
    'follow:boolean',
    'insecureSkipTLSVerifyBackend:boolean',
    'limitBytes:integer',
    'pretty',
    'previous:boolean',
    'sinceSeconds:integer',
    'stream',
    'tailLines:integer',
    'timestamps:boolean',
  ),
};

const METHODS: Partial<Record<Verb, [method: string, action: string]>> = {
  create: ['post', 'post'],
  get: ['get', 'get'],
  list: ['get', 'list'],
  watch: ['get', 'watch'],
  update: ['put', 'put'],
  patch: ['patch', 'patch'],
  delete: ['delete', 'delete'],
  deletecollection: ['delete', 'deletecollection'],
};
const CODES: Partial<Record<Verb, [code: string, description: string][]>> = {
  create: [
    ['201', 'Created'],
    ['202', 'Accepted'],
  ],
  update: [['201', 'Created']],
  patch: [['201', 'Created']],
  delete: [['202', 'Accepted']],
};
const CUSTOM_PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
];
const PATCH_TYPES = [...CUSTOM_PATCH_TYPES, 'application/strategic-merge-patch+json'];
const COLLECTION: Verb[] = ['create', 'list', 'deletecollection'];
const ANSWER_TYPES = ['application/json', 'application/yaml'];
const UNAUTHORIZED = { 401: { description: 'Unauthorized' } };

export const reference = (name: string): { $ref: string } => ({
  $ref: `#/components/schemas/${name}`,
});

const contentOf = (types: readonly string[], schema: unknown): Record<string, unknown> =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

/** `GET` of a document of which there is one. */
export const documentPath = (description: string, schema: unknown): PathItem => ({
  get: {
    description,
    responses: {
      200: { description: 'OK', content: contentOf(ANSWER_TYPES, schema) },
      ...UNAUTHORIZED,
    },
  },
});

/** Name of the resource's schema. */
export const schemaOf = (resource: Resource): string =>
  resource.custom === undefined
    ? (own(ensureKinds().kinds, kindKey(resource)) ?? '')
    : schemaName(resource);

/** Name of the schema of its lists. */
export const listSchemaOf = (resource: Resource): string =>
  schemaOf(resource).replace(/[^.]+$/, listKindOf(resource));

/** The schema of what the subresource reads and writes; undefined: it is not among the documents. */
const subresourceSchema = (resource: Resource, { kind }: Subresource): string | undefined =>
  kind === resource.kind ? schemaOf(resource) : own(ensureKinds().kinds, `/${kind}`);

function bodyOf(
  resource: Resource,
  verb: Verb,
  schema: string,
): Record<string, unknown> | undefined {
  if (verb === 'create' || verb === 'update') return contentOf(['*/*'], reference(schema));
  if (verb === 'delete' || verb === 'deletecollection')
    return contentOf(['*/*'], reference(`${META}.DeleteOptions`));
  if (verb === 'patch')
    return contentOf(resource.custom ? CUSTOM_PATCH_TYPES : PATCH_TYPES, reference(PATCH_BODY));
  return undefined;
}

/** What the verb answers, where it is not the object. */
function answerOf(resource: Resource, verb: Verb, schema: string): string {
  if (verb === 'list') return listSchemaOf(resource);
  if (verb === 'watch') return WATCH_EVENT;
  const isStatus = verb === 'delete' && !strategyFor(resource).returnsDeleted;
  return isStatus || verb === 'deletecollection' ? `${META}.Status` : schema;
}

function operation(
  resource: Resource,
  verb: Verb,
  { group, version, kind }: GroupKind,
  schema: string,
): unknown {
  const content = contentOf(
    resource.custom ? ANSWER_TYPES : [...ANSWER_TYPES, 'application/vnd.kubernetes.protobuf'],
    reference(answerOf(resource, verb, schema)),
  );
  const codes = [['200', 'OK'], ...(CODES[verb] ?? [])];
  const body = bodyOf(resource, verb, schema);
  return {
    ...present({
      parameters: PARAMETERS[verb],
      requestBody: body && { content: body },
    }),
    responses: {
      ...Object.fromEntries(codes.map(([code, description]) => [code, { description, content }])),
      ...UNAUTHORIZED,
    },
    'x-kubernetes-action': METHODS[verb]?.[1],
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}

const pathParameters = (path: string): Parameter[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', uniqueItems: true },
  }));

function item(
  path: string,
  methods: [method: string, operation: unknown][],
  more: Parameter[] = query('pretty'),
): [string, PathItem] {
  return [path, { ...Object.fromEntries(methods), parameters: [...pathParameters(path), ...more] }];
}

const methodsOf = (
  resource: Resource,
  verbs: readonly Verb[],
  kind: GroupKind = resource,
  schema = schemaOf(resource),
): [string, unknown][] =>
  verbs.flatMap((verb) => {
    const method = METHODS[verb]?.[0];
    return method === undefined ? [] : [[method, operation(resource, verb, kind, schema)]];
  });

/** A stream, a text or whatever the pod answers. */
function connection(base: string, { name, verbs, group, version, kind }: Subresource) {
  const answers = {
    responses: {
      200: { description: 'OK', content: contentOf(['*/*'], { type: 'string' }) },
      ...UNAUTHORIZED,
    },
    'x-kubernetes-action': name === 'log' ? 'get' : 'connect',
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
  const forwards = name === 'proxy' && verbs.length > 1 ? ['head', 'options'] : [];
  const methods = [...verbs.map((verb) => METHODS[verb]?.[0] ?? ''), ...forwards].map(
    (method): [string, unknown] => [method, answers],
  );
  const path = `${base}/{name}/${name}`;
  return [path, ...(name === 'proxy' ? [`${path}/{path}`] : [])].map((one) =>
    item(one, methods, own(CONNECTIONS, name)),
  );
}

function subresourcePaths(resource: Resource, base: string): [string, PathItem][] {
  return resource.subresources.flatMap((entry) => {
    if (own(CONNECTIONS, entry.name) !== undefined && resource.custom === undefined)
      return connection(base, entry);
    const schema = subresourceSchema(resource, entry);
    return schema === undefined
      ? []
      : [item(`${base}/{name}/${entry.name}`, methodsOf(resource, entry.verbs, entry, schema))];
  });
}

/** Every path at which the resource is served. */
export function pathsOf(resource: Resource): [string, PathItem][] {
  const root = resource.group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`;
  const inNamespace = `${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
  const base = `${root}${inNamespace}`;
  const watched = `${root}/watch${inNamespace}`;
  const everywhere = resource.namespaced && resource.verbs.includes('list');
  const objectVerbs = resource.verbs.filter(
    (verb) => !COLLECTION.includes(verb) && verb !== 'watch',
  );
  const watchPaths = resource.verbs.includes('watch')
    ? [...(everywhere ? [`${root}/watch/${resource.plural}`] : []), watched, `${watched}/{name}`]
    : [];
  return [
    item(
      base,
      methodsOf(
        resource,
        resource.verbs.filter((verb) => COLLECTION.includes(verb)),
      ),
    ),
    // kubectl 1.27's explain finds a kind by the path of its list over all namespaces.
    ...(everywhere ? [item(`${root}/${resource.plural}`, methodsOf(resource, ['list']))] : []),
    ...watchPaths.map((path) =>
      item(path, methodsOf(resource, ['watch']), [...LIST, ...query('pretty')]),
    ),
    ...(objectVerbs.length > 0 ? [item(`${base}/{name}`, methodsOf(resource, objectVerbs))] : []),
    ...subresourcePaths(resource, base),
  ];
}
