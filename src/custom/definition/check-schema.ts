// Rules for a schema in a CustomResourceDefinition: keywords, list and map types, and where defaults are allowed.
import type { FieldError } from '../../errors.ts';
import { itemsOf, valuesOf } from '../../kinds/json-schema.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import { own } from '../../own.ts';
import {
  forbiddenValue,
  invalidValue,
  notSupported,
  required,
} from '../../validation/field-errors.ts';
import { RESOURCE_MEMBERS } from '../prune.ts';
import { repeats } from '../../repeats.ts';

const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
const UNSUPPORTED = [
  ['id', 'id'],
  ['additionalItems', 'additionalItems'],
  ['patternProperties', 'patternProperties'],
  ['definitions', 'definitions'],
  ['dependencies', 'dependencies'],
  ['$ref', '$ref'],
] as const;

interface Place {
  path: string;
  isRoot?: boolean;
  /** Within apiVersion, kind or metadata of a resource. */
  insideMeta?: boolean;
  /** Why no default is allowed here. */
  noDefaults?: string;
}

/** Problems of a root schema beyond its structure. */
export const schemaProblems = (schema: JsonSchema, path: string): FieldError[] =>
  check(schema, { path, isRoot: true });

function check(schema: JsonSchema, place: Place): FieldError[] {
  const { path } = place;
  const items = itemsOf(schema);
  const nested = (one: JsonSchema | undefined, below: string): FieldError[] =>
    one === undefined ? [] : check(one, { ...place, isRoot: false, path: `${path}.${below}` });
  return [
    ...keywordProblems(schema, place),
    ...(schema.uniqueItems === true
      ? [
          forbiddenValue(
            `${path}.uniqueItems`,
            'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
          ),
        ]
      : []),
    ...valuesProblems(schema, place),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      check(property, placeOf(schema, place, name)),
    ),
    ...nested(schema.not, 'not'),
    ...(['allOf', 'oneOf', 'anyOf'] as const).flatMap((name) =>
      (schema[name] ?? []).flatMap((one, index) => nested(one, `${name}[${index}]`)),
    ),
    ...nested(items, 'items'),
    ...mapTypeProblems(schema, path),
    ...listTypeProblems(schema, path),
    ...ruleFormProblems(schema, path),
  ];
}

function placeOf(schema: JsonSchema, place: Place, name: string): Place {
  const path = `${place.path}.properties[${name}]`;
  const meta =
    (place.isRoot === true || schema['x-kubernetes-embedded-resource'] === true) &&
    RESOURCE_MEMBERS.includes(name);
  return {
    ...place,
    path,
    isRoot: false,
    ...(meta ? { insideMeta: true } : {}),
    ...(meta && place.isRoot === true ? { noDefaults: `in top-level ${name}` } : {}),
  };
}

function keywordProblems(
  schema: JsonSchema,
  { path, insideMeta, noDefaults }: Place,
): FieldError[] {
  const { type = '' } = schema;
  const errors: FieldError[] = [];
  if (type !== '' && !TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (schema.default !== undefined && noDefaults !== undefined)
    errors.push(forbiddenValue(`${path}.default`, `must not be set ${noDefaults}`));
  for (const [name, text] of UNSUPPORTED)
    if (schema[name] !== undefined)
      errors.push(forbiddenValue(`${path}.${name}`, `${text} is not supported`));
  if (type === 'null')
    errors.push(
      forbiddenValue(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'),
    );
  if (Array.isArray(schema.items))
    errors.push(forbiddenValue(`${path}.items`, 'items must be a schema object and not an array'));
  if (insideMeta && schema['x-kubernetes-embedded-resource'] === true)
    errors.push(
      forbiddenValue(
        `${path}.x-kubernetes-embedded-resource`,
        'must not be used inside of resource meta',
      ),
    );
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(
      invalidValue(
        `${path}.x-kubernetes-preserve-unknown-fields`,
        false,
        'must be true or undefined',
      ),
    );
  return errors;
}

function valuesProblems(schema: JsonSchema, place: Place): FieldError[] {
  const values = schema.additionalProperties;
  if (values === undefined) return [];
  const path = `${place.path}.additionalProperties`;
  const errors: FieldError[] = [];
  if (Object.keys(schema.properties ?? {}).length > 0 && values !== true)
    errors.push(forbiddenValue(path, 'additionalProperties and properties are mutual exclusive'));
  const inner = valuesOf(schema);
  return inner === undefined
    ? errors
    : [
        ...errors,
        ...check(inner, {
          ...place,
          path,
          isRoot: false,
          ...(place.insideMeta
            ? { noDefaults: 'inside additionalProperties applying to object metadata' }
            : {}),
        }),
      ];
}

/** The problem of a type that another member requires. */
const wrongType = (path: string, type: string, text: string): FieldError =>
  type === '' ? required(path, text) : invalidValue(path, type, text);

function mapTypeProblems(schema: JsonSchema, path: string): FieldError[] {
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType === undefined) return [];
  return [
    ...(schema.type === 'object'
      ? []
      : [
          wrongType(
            `${path}.type`,
            schema.type ?? '',
            'must be object if x-kubernetes-map-type is specified',
          ),
        ]),
    ...(['atomic', 'granular'].includes(mapType)
      ? []
      : [notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular'])]),
  ];
}

function listTypeProblems(schema: JsonSchema, path: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const field = `${path}.x-kubernetes-list-type`;
  const errors: FieldError[] = [];
  if (listType !== undefined && schema.type !== 'array')
    errors.push(
      wrongType(
        `${path}.type`,
        schema.type ?? '',
        'must be array if x-kubernetes-list-type is specified',
      ),
    );
  else if (listType === 'set') errors.push(...setItemProblems(schema, path));
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(field, listType, ['atomic', 'set', 'map']));
  if (keys.length > 0 && listType !== 'map')
    errors.push(
      wrongType(field, listType ?? '', 'must be map if x-kubernetes-list-map-keys is non-empty'),
    );
  if (listType === 'map') errors.push(...keyProblems(schema, keys, path));
  if ((listType === 'map' || listType === 'set') && itemsOf(schema)?.nullable === true)
    errors.push(
      forbiddenValue(
        `${path}.items.nullable`,
        `cannot be nullable when x-kubernetes-list-type is ${listType}`,
      ),
    );
  return errors;
}

function setItemProblems(schema: JsonSchema, path: string): FieldError[] {
  const items = itemsOf(schema);
  const text = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items?.['x-kubernetes-list-type'];
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(`${path}.items.x-kubernetes-list-type`, listType, text)];
  return items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic'
    ? [invalidValue(`${path}.items.x-kubernetes-map-type`, listType, text)]
    : [];
}

function keyProblems(schema: JsonSchema, keys: string[], path: string): FieldError[] {
  const items = itemsOf(schema);
  const field = `${path}.x-kubernetes-list-map-keys`;
  const errors: FieldError[] = [];
  if (keys.length === 0)
    errors.push(required(field, 'must not be empty if x-kubernetes-list-type is map'));
  if (schema.items === undefined)
    errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
  if (items === undefined) return errors;
  if (items.type !== 'object')
    return [
      ...errors,
      invalidValue(
        `${path}.items.type`,
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    ];
  const second = repeats(keys);
  const needed = new Set(items.required);
  for (const [index, name] of keys.entries()) {
    const property = own(items.properties, name);
    const place = `${path}.items.properties[${name}]`;
    if (property === undefined)
      errors.push(invalidValue(field, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object')
      errors.push(
        invalidValue(
          `${place}.type`,
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    if (second.has(index))
      errors.push(invalidValue(field, keys, 'must not contain duplicate entries'));
    if (property && !needed.has(name) && property.default === undefined)
      errors.push(
        required(
          `${place}.default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    if (property?.nullable === true)
      errors.push(
        forbiddenValue(
          `${place}.nullable`,
          'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
        ),
      );
  }
  return errors;
}

const REASONS = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];
const hasLines = (text: string): boolean => /[\n\r]/.test(text);

function ruleFormProblems(schema: JsonSchema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) => {
    const field = `${path}.x-kubernetes-validations[${index}]`;
    const { message = '', messageExpression = '', reason, fieldPath = '' } = rule;
    const errors: FieldError[] = [];
    if ((rule.rule ?? '').trim() === '')
      errors.push(required(`${field}.rule`, 'rule is not specified'));
    else if (message !== '' && message.trim() === '')
      errors.push(invalidValue(`${field}.message`, message, 'must be non-empty if specified'));
    else if (hasLines(message.trim()))
      errors.push(invalidValue(`${field}.message`, message, 'must not contain line breaks'));
    else if (hasLines(rule.rule.trim()) && message.trim() === '')
      errors.push(
        required(`${field}.message`, 'message must be specified if rule contains line breaks'),
      );
    if (messageExpression !== '' && messageExpression.trim() === '')
      errors.push(
        required(`${field}.messageExpression`, 'messageExpression must be non-empty if specified'),
      );
    if (reason !== undefined && !REASONS.includes(reason))
      errors.push(notSupported(`${field}.reason`, reason, REASONS));
    if (fieldPath !== '' && fieldPath.trim() === '')
      errors.push(invalidValue(`${field}.fieldPath`, fieldPath, 'must be non-empty if specified'));
    if (hasLines(fieldPath))
      errors.push(invalidValue(`${field}.fieldPath`, fieldPath, 'must not contain line breaks'));
    return errors;
  });
}
