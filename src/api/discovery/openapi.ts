// OpenAPI v3, one document per group version, which kubectl uses to validate, apply and explain.
import { createHash } from 'node:crypto';
import { apiVersionOf, kindKey } from '../../kinds/resources.ts';
import type { Resource, Verb } from '../../kinds/resources.ts';
import type { Schema } from '../../kinds/generate.ts';
import { ensureKinds } from '../../kinds/load.ts';
import { own, setOwn } from '../../own.ts';
import { present } from '../../present.ts';
import { schemaName, schemaV3 } from '../../custom/openapi.ts';
import { VERSION } from './version.ts';

interface Document {
  body: string;
  hash: string;
}

const queryParameter = (name: string, type = 'string') => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});
const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) =>
  queryParameter(name),
);
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
const CUSTOM_PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
];
const PATCH_TYPES = [...CUSTOM_PATCH_TYPES, 'application/strategic-merge-patch+json'];
const COLLECTION: Verb[] = ['create', 'list', 'deletecollection'];

function operation(
  { group, version, kind }: Pick<Resource, 'group' | 'version' | 'kind'>,
  verb: Verb,
  action: string,
  schema: string | undefined,
  custom: boolean,
): unknown {
  const content =
    schema === undefined
      ? undefined
      : { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
  const writes = verb === 'create' || verb === 'update' || verb === 'patch';
  return {
    ...(writes
      ? {
          parameters: [
            ...WRITE_PARAMETERS,
            ...(verb === 'patch' ? [queryParameter('force', 'boolean')] : []),
          ],
        }
      : {}),
    ...(verb === 'patch'
      ? {
          requestBody: {
            content: Object.fromEntries(
              (custom ? CUSTOM_PATCH_TYPES : PATCH_TYPES).map((type) => [
                type,
                { schema: { type: 'object' } },
              ]),
            ),
          },
        }
      : {}),
    ...((verb === 'create' || verb === 'update') && content
      ? { requestBody: { content: { '*/*': content['application/json'] } } }
      : {}),
    responses: { 200: { description: 'OK', ...present({ content }) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
}

/** Name of the resource's schema. */
const schemaOf = (resource: Resource): string =>
  resource.custom === undefined
    ? (own(ensureKinds().kinds, kindKey(resource)) ?? '')
    : schemaName(resource);

function pathsOf(resource: Resource): [string, unknown][] {
  const root = resource.group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`;
  const inNamespace = `${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
  const base = `${root}${inNamespace}`;
  const schema = schemaOf(resource);
  const operations = (
    verbs: Verb[],
    kind: Pick<Resource, 'group' | 'version' | 'kind'> = resource,
    type = schema,
  ): Record<string, unknown> =>
    Object.fromEntries(
      verbs.flatMap((verb) => {
        const [method, action] = METHODS[verb] ?? [];
        return method === undefined || action === undefined
          ? []
          : [[method, operation(kind, verb, action, type, resource.custom !== undefined)]];
      }),
    );
  const objectVerbs = resource.verbs.filter(
    (verb) => !COLLECTION.includes(verb) && verb !== 'watch',
  );
  const watched = `${root}/watch${inNamespace}`;
  const everywhere = resource.namespaced && resource.verbs.includes('list');
  return [
    [base, operations(resource.verbs.filter((verb) => COLLECTION.includes(verb)))],
    // kubectl 1.27's explain finds a kind by the path of its list over all namespaces.
    ...(everywhere
      ? [[`${root}/${resource.plural}`, operations(['list'])] satisfies [string, unknown]]
      : []),
    ...(resource.verbs.includes('watch')
      ? [
          ...(everywhere ? [`${root}/watch/${resource.plural}`] : []),
          watched,
          `${watched}/{name}`,
        ].map((path): [string, unknown] => [path, operations(['watch'])])
      : []),
    ...(objectVerbs.length > 0
      ? [[`${base}/{name}`, operations(objectVerbs)] satisfies [string, unknown]]
      : []),
    ...resource.subresources.map((entry): [string, unknown] => [
      `${base}/{name}/${entry.name}`,
      operations(entry.verbs, entry, entry.kind === resource.kind ? schema : undefined),
    ]),
  ];
}

const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';

/** Version 3 can express directly what needs a format in version 2. */
function inVersion3(name: string, schema: Schema): unknown {
  if (name !== INT_OR_STRING) return schema;
  const { description, format } = schema;
  return { description, format, oneOf: [{ type: 'integer' }, { type: 'string' }] };
}

/** The schemas that a set of names reaches, directly or through others. */
function reach(names: string[], schemas: Record<string, Schema>): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const schema = own(schemas, name);
    if (schema === undefined || own(found, name) !== undefined) continue;
    setOwn(found, name, schema);
    open.push(
      ...[...JSON.stringify(schema).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
        ([, target]) => target ?? '',
      ),
    );
  }
  return found;
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

function build(served: readonly Resource[]): Document {
  const { schemas, kinds } = ensureKinds();
  const custom = served.filter((entry) => entry.custom !== undefined);
  const names = [
    ...served.filter((entry) => entry.custom === undefined).map(schemaOf),
    kinds['/DeleteOptions'] ?? '',
    kinds['/Status'] ?? '',
    ...(custom.length > 0 ? [META] : []),
  ];
  const body = JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: VERSION.gitVersion },
    paths: Object.fromEntries(served.flatMap(pathsOf)),
    components: {
      schemas: Object.fromEntries([
        ...Object.entries(reach(names, schemas)).map(([name, schema]) => [
          name,
          inVersion3(name, schema),
        ]),
        ...custom.map((entry) => [schemaName(entry), schemaV3(entry)]),
      ]),
    },
  });
  return { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
}

/** The last document of each path, with the resources that it describes. */
const documents = new Map<string, { served: readonly Resource[]; document: Document }>();

/** Documents of groups that are gone are forgotten once there are this many. */
const MAX_DOCUMENTS = 1_000;

const pathOf = (entry: Resource): string =>
  entry.group === '' ? 'api/v1' : `apis/${apiVersionOf(entry)}`;

/** The document at `api/v1` or `apis/<group>/<version>`; undefined where nothing is served. */
export function openapiDocument(table: readonly Resource[], path: string): Document | undefined {
  const served = table.filter((entry) => pathOf(entry) === path);
  if (served.length === 0) return undefined;
  const known = documents.get(path);
  if (
    known?.served.length === served.length &&
    served.every((entry, index) => entry === known.served[index])
  )
    return known.document;
  const document = build(served);
  if (documents.size >= MAX_DOCUMENTS) documents.clear();
  documents.set(path, { served, document });
  return document;
}

/** `GET /openapi/v3`. */
export function openapiIndex(table: readonly Resource[]): unknown {
  const paths = [...new Set(table.map(pathOf))].sort();
  return {
    paths: Object.fromEntries(
      paths.map((path) => [
        path,
        {
          serverRelativeURL: `/openapi/v3/${path}?hash=${openapiDocument(table, path)?.hash ?? ''}`,
        },
      ]),
    ),
  };
}
