// What OpenAPI v3 has beside the kinds: the schemas of lists, watch events and discovery, and the paths that name no resource.
import { ensureKinds } from '../../kinds/load.ts';
import { listKindOf } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { Schema } from '../../kinds/generate.ts';
import { own } from '../../own.ts';
import { present } from '../../present.ts';
import {
  documentPath,
  META,
  PATCH_BODY,
  reference,
  RESOURCE_LIST,
  schemaOf,
  WATCH_EVENT,
  type PathItem,
} from './openapi-paths.ts';

const RAW = 'io.k8s.apimachinery.pkg.runtime.RawExtension';
const INFO = 'io.k8s.apimachinery.pkg.version.Info';

const text: Schema = { type: 'string' };
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const within = (name: string): Schema => ({ allOf: [reference(name)] });

function object(description: string, required: string[], properties: Record<string, Schema>) {
  return { type: 'object', description, required, properties } satisfies Schema;
}

/** The members of every document, described as for Kubernetes' own kinds. */
function typed(): { apiVersion: Schema; kind: Schema } {
  const known = own(ensureKinds().schemas, 'io.k8s.api.core.v1.ConfigMap')?.properties;
  const described = (name: string): Schema => ({
    ...text,
    ...present({ description: own(known, name)?.description }),
  });
  return { apiVersion: described('apiVersion'), kind: described('kind') };
}

/** The schema of the resource's lists. */
export function listSchema(resource: Resource): Schema {
  const { group, version, kind } = resource;
  return {
    ...object(`A list of objects of kind ${kind}.`, ['items'], {
      ...typed(),
      items: listOf(within(schemaOf(resource))),
      metadata: within(`${META}.ListMeta`),
    }),
    'x-kubernetes-group-version-kind': [{ group, version, kind: listKindOf(resource) }],
  };
}

/** The schemas that the documents of all groups have. */
export function commonSchemas(): Record<string, Schema> {
  return {
    [WATCH_EVENT]: object('A change of a watched object.', ['type', 'object'], {
      type: text,
      object: within(RAW),
    }),
    [RAW]: { type: 'object', description: 'An object of any kind.' },
    [PATCH_BODY]: { type: 'object', description: 'The body of a PATCH, by its content type.' },
    [RESOURCE_LIST]: object('The resources of a group version.', ['groupVersion', 'resources'], {
      ...typed(),
      groupVersion: text,
      resources: listOf(within(`${META}.APIResource`)),
    }),
    [`${META}.APIResource`]: object(
      'A resource and what can be done with it.',
      ['name', 'singularName', 'namespaced', 'kind', 'verbs'],
      {
        name: text,
        singularName: text,
        namespaced: { type: 'boolean' },
        group: text,
        version: text,
        kind: text,
        verbs: listOf(text),
        shortNames: listOf(text),
        categories: listOf(text),
        storageVersionHash: text,
      },
    ),
  };
}

const serverAddress = object('An address for clients.', ['clientCIDR', 'serverAddress'], {
  clientCIDR: text,
  serverAddress: text,
});
const groupVersion = object('A version of a group.', ['groupVersion', 'version'], {
  groupVersion: text,
  version: text,
});

function discoverySchemas(): Record<string, Schema> {
  const group = object('A group and its versions.', ['name', 'versions'], {
    ...typed(),
    name: text,
    preferredVersion: within(`${META}.GroupVersionForDiscovery`),
    serverAddressByClientCIDRs: listOf(within(`${META}.ServerAddressByClientCIDR`)),
    versions: listOf(within(`${META}.GroupVersionForDiscovery`)),
  });
  return {
    [`${META}.APIVersions`]: object(
      'The versions of the core group.',
      ['versions', 'serverAddressByClientCIDRs'],
      {
        ...typed(),
        serverAddressByClientCIDRs: listOf(within(`${META}.ServerAddressByClientCIDR`)),
        versions: listOf(text),
      },
    ),
    [`${META}.APIGroup`]: group,
    [`${META}.APIGroupList`]: object('All groups.', ['groups'], {
      ...typed(),
      groups: listOf(within(`${META}.APIGroup`)),
    }),
    [`${META}.GroupVersionForDiscovery`]: groupVersion,
    [`${META}.ServerAddressByClientCIDR`]: serverAddress,
  };
}

const INFO_FIELDS = [
  'major',
  'minor',
  'gitVersion',
  'gitCommit',
  'gitTreeState',
  'buildDate',
  'goVersion',
  'compiler',
  'platform',
];

interface Part {
  paths: Record<string, PathItem>;
  schemas: Record<string, Schema>;
}

const part = (
  path: string,
  description: string,
  schema: unknown,
  schemas: Record<string, Schema> = {},
): Part => ({ paths: { [path]: documentPath(description, schema) }, schemas });

/** The document at a path that names no group version; undefined: there is none. */
export function partAt(path: string, groups: readonly string[]): Part | undefined {
  if (path === 'version')
    return part('/version/', 'the version of this server', reference(INFO), {
      [INFO]: object(
        'The version of this server.',
        INFO_FIELDS,
        Object.fromEntries(INFO_FIELDS.map((name) => [name, text])),
      ),
    });
  if (path === '.well-known/openid-configuration')
    return part(`/${path}/`, 'the configuration of the service accounts’ issuer', text);
  if (path === 'openid/v1/jwks')
    return part(`/${path}/`, 'the public keys of the service accounts’ issuer', text);
  const schemas = discoverySchemas();
  if (path === 'api')
    return part(
      '/api/',
      'the versions of the core group',
      reference(`${META}.APIVersions`),
      schemas,
    );
  if (path === 'apis')
    return part('/apis/', 'all groups', reference(`${META}.APIGroupList`), schemas);
  const group = path.replace(/^apis\//, '');
  return path.startsWith('apis/') && groups.includes(group)
    ? part(`/${path}/`, 'a group', reference(`${META}.APIGroup`), schemas)
    : undefined;
}

/** The paths of all such documents. */
export const partPaths = (groups: readonly string[]): string[] => [
  '.well-known/openid-configuration',
  'api',
  'apis',
  ...groups.map((group) => `apis/${group}`),
  'openid/v1/jwks',
  'version',
];
