// Discovery documents: the groups, versions and resources that are served. All are derived once from the table of resources.
import { createHash } from 'node:crypto';
import { RESOURCES, apiVersionOf } from '../../kinds/resources.ts';
import type { GroupKind, Resource } from '../../kinds/resources.ts';
import { present } from '../../present.ts';

const GROUPS: readonly string[] = [...new Set(RESOURCES.map(({ group }) => group))]
  .filter((group) => group !== '')
  .sort();

const groupOf = (name: string) => {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
};

const foreign = (owner: GroupKind, entry: GroupKind): { group?: string; version?: string } =>
  entry.group === owner.group ? {} : { group: entry.group, version: entry.version };

function entries(resource: Resource): unknown[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories, subresources } =
    resource;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...present({
      shortNames: shortNames.length > 0 ? shortNames : undefined,
      categories: categories.length > 0 ? categories : undefined,
    }),
  };
  return [
    main,
    ...subresources.map((entry) => ({
      name: `${plural}/${entry.name}`,
      singularName: '',
      namespaced,
      ...foreign(resource, entry),
      kind: entry.kind,
      verbs: entry.verbs,
    })),
  ];
}

/** `GET /api`. */
export const coreVersions = (host: string): unknown => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
});

/** `GET /apis`. */
export const groupList = (): unknown => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: GROUPS.map(groupOf),
});

/** `GET /apis/<group>`; undefined for an unknown group. */
export const groupDocument = (name: string): unknown =>
  GROUPS.includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name) } : undefined;

/** `GET /api/v1`, `/apis/<group>/<version>`; undefined where nothing is served. */
export function resourceList(group: string, version: string): unknown {
  const served = RESOURCES.filter((entry) => entry.group === group && entry.version === version);
  if (served.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    ...present({ apiVersion: group === '' ? undefined : 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: served.flatMap(entries),
  };
}

function aggregatedResource(resource: Resource): unknown {
  const { plural, group, kind, namespaced, singular, verbs, shortNames, categories, subresources } =
    resource;
  return {
    resource: plural,
    responseKind: { group, version: '', kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...present({
      shortNames: shortNames.length > 0 ? shortNames : undefined,
      categories: categories.length > 0 ? categories : undefined,
      subresources:
        subresources.length > 0
          ? subresources.map((entry) => aggregatedSubresource(resource, entry))
          : undefined,
    }),
  };
}

function aggregatedSubresource(
  owner: Resource,
  { name, group, version, kind, verbs }: Resource['subresources'][number],
): unknown {
  const type = { group, version: group === owner.group ? '' : version, kind };
  return {
    subresource: name,
    responseKind: type,
    ...present({ acceptedTypes: group === owner.group ? undefined : [type] }),
    verbs,
  };
}

function aggregate(groups: readonly string[], named: boolean): { body: string; etag: string } {
  const items = groups.map((group) => ({
    metadata: named ? { name: group } : {},
    versions: [
      {
        version: 'v1',
        resources: RESOURCES.filter((entry) => entry.group === group).map(aggregatedResource),
        freshness: 'Current',
      },
    ],
  }));
  const body = `${JSON.stringify({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items })}\n`;
  return { body, etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"` };
}

const documents = new Map<string, { body: string; etag: string }>();

/** The aggregated form of `/api` or `/apis`, with its ETag. */
export function aggregated(path: '/api' | '/apis'): { body: string; etag: string } {
  const document =
    documents.get(path) ?? (path === '/api' ? aggregate([''], false) : aggregate(GROUPS, true));
  documents.set(path, document);
  return document;
}
