// Discovery documents: the groups, versions and resources that are served, derived from the table of resources.
import { createHash } from 'node:crypto';
import { compareVersions } from '../../custom/definition/compile.ts';
import { apiVersionOf } from '../../kinds/resources.ts';
import type { GroupKind, Resource } from '../../kinds/resources.ts';
import { present } from '../../present.ts';

type Table = readonly Resource[];

const groupsOf = (table: Table): string[] =>
  [...new Set(table.map(({ group }) => group))].filter((group) => group !== '').sort();

/** The versions of a group, the preferred one first. */
const versionsOf = (table: Table, group: string): string[] =>
  [...new Set(table.filter((entry) => entry.group === group).map(({ version }) => version))].sort(
    compareVersions,
  );

const groupOf = (table: Table, name: string) => {
  const versions = versionsOf(table, name).map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
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
export const groupList = (table: Table): unknown => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(table).map((name) => groupOf(table, name)),
});

/** `GET /apis/<group>`; undefined for an unknown group. */
export const groupDocument = (table: Table, name: string): unknown =>
  groupsOf(table).includes(name)
    ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(table, name) }
    : undefined;

/** `GET /api/v1`, `/apis/<group>/<version>`; undefined where nothing is served. */
export function resourceList(table: Table, group: string, version: string): unknown {
  const served = table.filter((entry) => entry.group === group && entry.version === version);
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
    responseKind: { group, version: shownVersion(resource, resource), kind },
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

/** Of Kubernetes' own kinds, the version is left out where it is the document's. */
const shownVersion = (
  { group, custom }: Resource,
  type: Pick<GroupKind, 'group' | 'version'>,
): string => (custom === undefined && type.group === group ? '' : type.version);

function aggregatedSubresource(
  owner: Resource,
  { name, group, version, kind, verbs }: Resource['subresources'][number],
): unknown {
  const type = { group, version: shownVersion(owner, { group, version }), kind };
  return {
    subresource: name,
    responseKind: type,
    ...present({ acceptedTypes: group === owner.group ? undefined : [type] }),
    verbs,
  };
}

interface Aggregate {
  body: string;
  etag: string;
}

function aggregate(table: Table, groups: readonly string[], named: boolean): Aggregate {
  const items = groups.map((group) => ({
    metadata: named ? { name: group } : {},
    versions: versionsOf(table, group).map((version) => ({
      version,
      resources: table
        .filter((entry) => entry.group === group && entry.version === version)
        .map(aggregatedResource),
      freshness: 'Current',
    })),
  }));
  const body = `${JSON.stringify({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items })}\n`;
  return { body, etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"` };
}

const documents = new WeakMap<Table, Map<string, Aggregate>>();

/** The aggregated form of `/api` or `/apis`, with its ETag; computed once for each table. */
export function aggregated(table: Table, path: '/api' | '/apis'): Aggregate {
  const known = documents.get(table) ?? new Map<string, Aggregate>();
  documents.set(table, known);
  const document =
    known.get(path) ??
    (path === '/api' ? aggregate(table, [''], false) : aggregate(table, groupsOf(table), true));
  known.set(path, document);
  return document;
}
