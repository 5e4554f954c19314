// The published schema of a custom kind: with the members of every resource (version 3), and without what old readers of version 2
// misinterpret.
import { itemsOf, valuesOf } from '../kinds/json-schema.ts';
import type { JsonSchema } from '../kinds/json-schema.ts';
import { ensureKinds } from '../kinds/load.ts';
import type { Resource } from '../kinds/resources.ts';
import { own } from '../own.ts';
import { present } from '../present.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** The members of every resource, described as for Kubernetes' own kinds. */
function resourceProperties(): { apiVersion: Published; kind: Published; metadata: Published } {
  const known = own(ensureKinds().schemas, 'io.k8s.api.core.v1.ConfigMap')?.properties;
  const text = (name: string) => present({ description: own(known, name)?.description });
  return {
    apiVersion: { type: 'string', ...text('apiVersion') },
    kind: { type: 'string', ...text('kind') },
    metadata: { ...text('metadata'), allOf: [{ $ref: `#/components/schemas/${META}` }] },
  };
}

/** Name of the kind's schema: the group's labels in reverse, the version and the kind. */
export const schemaName = ({
  group,
  version,
  kind,
}: Pick<Resource, 'group' | 'version' | 'kind'>): string =>
  [...group.split('.').reverse(), version, kind].join('.');

type Published = { [member: string]: unknown };

function mapParts(schema: JsonSchema, change: (part: JsonSchema) => Published): Published {
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  return {
    ...schema,
    ...present({
      items: items && change(items),
      additionalProperties: values ? change(values) : schema.additionalProperties,
      properties:
        schema.properties &&
        Object.fromEntries(
          Object.entries(schema.properties).map(([name, property]) => [name, change(property)]),
        ),
    }),
  };
}

function withMembers(schema: JsonSchema): Published {
  const published = mapParts(schema, withMembers);
  if (schema['x-kubernetes-embedded-resource'] !== true) return published;
  return {
    ...published,
    properties: { ...(published['properties'] as Published | undefined), ...resourceProperties() },
    required: [...new Set([...(schema.required ?? []), 'kind', 'apiVersion'])],
  };
}

function extensionsOf({ group, version, kind, custom }: Resource): Published {
  const selectable = custom?.selectable ?? [];
  return {
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
    ...present({
      'x-kubernetes-selectable-fields':
        selectable.length > 0
          ? selectable.map((path) => ({ fieldPath: path.replace(/^\./, '') }))
          : undefined,
    }),
  };
}

/** The schema of a custom kind in OpenAPI v3. */
export function schemaV3(resource: Resource): Published {
  const published = withMembers(resource.custom?.schema ?? {});
  return {
    ...published,
    properties: { ...(published['properties'] as Published | undefined), ...resourceProperties() },
    ...extensionsOf(resource),
  };
}

/** Leaves out what kubectl's version 2 reader cannot read: combinations, null, untyped lists, parts of open maps. */
function plainer(schema: JsonSchema): Published {
  const { anyOf: _any, allOf: _all, oneOf: _one, not: _not, nullable, ...rest } = schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (nullable === true || open) {
    const { items: _items, properties: _properties, type, ...bare } = rest;
    const keepsType = nullable !== true && type !== 'object' && type !== 'array';
    return { ...mapParts(bare, plainer), ...present({ type: keepsType ? type : undefined }) };
  }
  const required = rest.required?.filter((name) => own(rest.properties, name)?.nullable !== true);
  const published = mapParts(rest, plainer);
  if (rest.required !== undefined) {
    delete published['required'];
    if (required !== undefined && required.length > 0) published['required'] = required;
  }
  return withMembersV2(published);
}

function withMembersV2(published: Published): Published {
  if (published['x-kubernetes-embedded-resource'] !== true) return published;
  return {
    ...published,
    properties: { ...(published['properties'] as Published | undefined), ...membersV2() },
    required: [
      ...new Set([
        ...((published['required'] as string[] | undefined) ?? []),
        'kind',
        'apiVersion',
      ]),
    ],
  };
}

function membersV2(): Published {
  const { metadata, ...rest } = resourceProperties();
  const { allOf: _allOf, ...described } = metadata;
  return { ...rest, metadata: { ...described, $ref: `#/definitions/${META}` } };
}

/** The schema of a custom kind in OpenAPI v2. */
export function schemaV2(resource: Resource): Published {
  const schema = resource.custom?.schema ?? {};
  if (schema['x-kubernetes-preserve-unknown-fields'] === true)
    return { type: 'object', ...extensionsOf(resource) };
  const published = plainer(schema);
  return {
    ...published,
    properties: { ...(published['properties'] as Published | undefined), ...membersV2() },
    ...extensionsOf(resource),
  };
}
