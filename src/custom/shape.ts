// Converts a schema into the shape that server-side apply and managedFields use for objects of the kind.
import type { JsonSchema } from '../kinds/json-schema.ts';
import { itemsOf, valuesOf } from '../kinds/json-schema.ts';
import type { ListRule } from '../kinds/list-keys.ts';
import { kindShape } from '../kinds/shapes.ts';
import type { Field, ObjectShape, Shape } from '../kinds/shapes.ts';

/** The shape where no schema describes a value: maps are merged, everything else is replaced. */
const UNDESCRIBED: Shape = ((): Shape => {
  const shape: { type: 'map'; of: Shape } = { type: 'map', of: { type: 'any' } };
  shape.of = shape;
  return shape;
})();

const WHOLE: Shape = { type: 'any' };

const preserves = (schema: JsonSchema): boolean =>
  schema['x-kubernetes-preserve-unknown-fields'] === true;

/** How a list of this schema merges. */
function listRule(schema: JsonSchema): ListRule {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return { mapKeys: [] };
    case 'map':
      return { mapKeys: schema['x-kubernetes-list-map-keys'] ?? [] };
    default:
      return {};
  }
}

const field = (schema: JsonSchema): Field => ({
  shape: shapeOf(schema),
  keepsZero: true,
  list: listRule(schema),
});

function shapeOf(schema: JsonSchema): Shape {
  if (schema.type === 'array' || schema.items !== undefined)
    return { type: 'list', of: shapeOf(itemsOf(schema) ?? {}) };
  if (schema['x-kubernetes-map-type'] === 'atomic') return WHOLE;
  const values = valuesOf(schema);
  if (values !== undefined) return { type: 'map', of: shapeOf(values) };
  if (schema.properties === undefined && !isResource(schema))
    return preserves(schema) || schema.additionalProperties === true ? UNDESCRIBED : WHOLE;
  return structShape('', schema);
}

const isResource = (schema: JsonSchema): boolean =>
  schema['x-kubernetes-embedded-resource'] === true;

const metaField = (): Field | undefined => kindShape('', 'ConfigMap').fields.get('metadata');

function structShape(name: string, schema: JsonSchema): ObjectShape {
  const fields = new Map(
    Object.entries(schema.properties ?? {}).map(([key, property]) => [key, field(property)]),
  );
  if (isResource(schema)) {
    const meta = metaField();
    if (meta !== undefined) fields.set('metadata', meta);
    for (const member of ['apiVersion', 'kind'])
      fields.set(member, { shape: { type: 'string' }, keepsZero: true, list: {} });
  }
  return {
    type: 'object',
    name,
    fields,
    ...(preserves(schema) ? { rest: UNDESCRIBED } : {}),
  };
}

/** The shape of a kind whose root has this schema. */
export const customShape = (kind: string, schema: JsonSchema): ObjectShape => ({
  ...structShape(kind, { ...schema, 'x-kubernetes-embedded-resource': true }),
  isCustom: true,
});
