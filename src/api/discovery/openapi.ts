// OpenAPI v3, one document per group version, which kubectl uses to validate, apply and explain.
import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../kinds/resources.ts';
import type { Resource } from '../../kinds/resources.ts';
import type { Schema } from '../../kinds/generate.ts';
import { ensureKinds } from '../../kinds/load.ts';
import { own, setOwn } from '../../own.ts';
import { schemaName, schemaV3 } from '../../custom/openapi.ts';
import { commonSchemas, listSchema, partAt, partPaths } from './openapi-common.ts';
import {
  documentPath,
  listSchemaOf,
  META,
  pathsOf,
  reference,
  RESOURCE_LIST,
  schemaOf,
} from './openapi-paths.ts';
import { VERSION } from './version.ts';

interface Document {
  body: string;
  hash: string;
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

const OBJECT_META = `${META}.ObjectMeta`;
const LIST_META = `${META}.ListMeta`;

function toDocument(paths: object, schemas: object): Document {
  const body = JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: VERSION.gitVersion },
    paths,
    components: { schemas },
  });
  return { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
}

/** Schemas of bodies and answers that belong to several kinds. */
const SHARED = ['/DeleteOptions', '/Status'];

function build(path: string, served: readonly Resource[]): Document {
  const { schemas, kinds } = ensureKinds();
  const custom = served.filter((entry) => entry.custom !== undefined);
  const subresources = served.flatMap((entry) => entry.subresources.map(({ kind }) => `/${kind}`));
  const names = [
    ...served.filter((entry) => entry.custom === undefined).map(schemaOf),
    ...[...SHARED, ...subresources].map((key) => own(kinds, key) ?? ''),
    ...(custom.length > 0 ? [OBJECT_META] : []),
    LIST_META,
  ];
  const listed = served.filter(({ verbs }) => verbs.includes('list'));
  return toDocument(
    {
      [`/${path}/`]: documentPath('the resources that are served', reference(RESOURCE_LIST)),
      ...Object.fromEntries(served.flatMap(pathsOf)),
    },
    Object.fromEntries([
      ...Object.entries(reach(names, schemas)).map(([name, schema]) => [
        name,
        inVersion3(name, schema),
      ]),
      ...Object.entries(commonSchemas()),
      ...listed.map((entry) => [listSchemaOf(entry), listSchema(entry)]),
      ...custom.map((entry) => [schemaName(entry), schemaV3(entry)]),
    ]),
  );
}

/** The last document of each path, with the resources that it describes. */
const documents = new Map<string, { served: readonly Resource[]; document: Document }>();

/** Documents of groups that are gone are forgotten once there are this many. */
const MAX_DOCUMENTS = 1_000;

const pathOf = (entry: Resource): string =>
  entry.group === '' ? 'api/v1' : `apis/${apiVersionOf(entry)}`;

const groupsOf = (table: readonly Resource[]): string[] => [
  ...new Set(table.flatMap(({ group }) => (group === '' ? [] : [group]))),
];

/** Every document's path: `api/v1`, `apis/<group>/<version>`, and what names no group version. */
export const documentPaths = (table: readonly Resource[]): string[] =>
  [...new Set([...table.map(pathOf), ...partPaths(groupsOf(table))])].sort();

/** The document at one of these paths; undefined where nothing is served. */
export function openapiDocument(table: readonly Resource[], path: string): Document | undefined {
  const served = table.filter((entry) => pathOf(entry) === path);
  const part = served.length === 0 ? partAt(path, groupsOf(table)) : undefined;
  if (served.length === 0 && part === undefined) return undefined;
  const known = documents.get(path);
  if (
    known?.served.length === served.length &&
    served.every((entry, index) => entry === known.served[index])
  )
    return known.document;
  const document = part ? toDocument(part.paths, part.schemas) : build(path, served);
  if (documents.size >= MAX_DOCUMENTS) documents.clear();
  documents.set(path, { served, document });
  return document;
}

/** `GET /openapi/v3`. */
export function openapiIndex(table: readonly Resource[]): unknown {
  return {
    paths: Object.fromEntries(
      documentPaths(table).map((path) => [
        path,
        {
          serverRelativeURL: `/openapi/v3/${path}?hash=${openapiDocument(table, path)?.hash ?? ''}`,
        },
      ]),
    ),
  };
}
