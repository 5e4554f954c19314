// Whether a schema is structural: every value has a known type, and value validations (anyOf …) introduce nothing new.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import { itemsOf, valuesOf } from '../../kinds/json-schema.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import { own } from '../../own.ts';
import { forbiddenValue, invalidValue, required } from '../../validation/field-errors.ts';
import { patternProblem } from '../patterns.ts';

type Level = 'root' | 'item' | 'field';

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];
const MISSING_TYPE: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

const key = (path: string, name: string): string => `${path}.properties[${name}]`;

/** Problems of a root schema, sorted by their text. */
export const structureProblems = (schema: JsonSchema, path: string): FieldError[] =>
  [...invariants(schema, 'root', path), ...completeness(schema, schema, path, path)].sort((a, b) =>
    `${a.field}: ${a.message}` < `${b.field}: ${b.message}` ? -1 : 1,
  );

function invariants(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  if (schema.type === 'array' && schema.items === undefined)
    errors.push(required(`${path}.items`, 'must be specified'));
  if (items) errors.push(...invariants(items, 'item', `${path}.items`));
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(...invariants(property, 'field', key(path, name)));
  if (schema.additionalProperties !== undefined && level === 'root')
    errors.push(forbiddenValue(`${path}.additionalProperties`, 'must not be used at the root'));
  if (values) errors.push(...invariants(values, 'field', `${path}.additionalProperties`));
  return [
    ...errors,
    ...extensionProblems(schema, path),
    ...valueProblems(schema, path, isDeepStrictEqual(schema.anyOf, INT_OR_STRING)),
    ...typeProblems(schema, level, path),
    ...memberProblems(schema, level, path),
  ];
}

function extensionProblems(schema: JsonSchema, path: string): FieldError[] {
  if (schema['x-kubernetes-int-or-string'] !== true) return [];
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((name) => schema[name] === true)
    .map((name) =>
      invalidValue(`${path}.${name}`, true, 'must be false if x-kubernetes-int-or-string is true'),
    );
}

function typeProblems(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const { type = '' } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const errors: FieldError[] = [];
  if (embedded && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(
      type === '' ? required(`${path}.type`, text) : invalidValue(`${path}.type`, type, text),
    );
  } else if (
    type === '' &&
    schema['x-kubernetes-int-or-string'] !== true &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true
  )
    errors.push(required(`${path}.type`, MISSING_TYPE[level]));
  if (embedded && schema.additionalProperties !== undefined)
    errors.push(
      forbiddenValue(
        `${path}.additionalProperties`,
        'must not be used if x-kubernetes-embedded-resource is set',
      ),
    );
  if (level === 'root' && type !== '' && type !== 'object')
    errors.push(invalidValue(`${path}.type`, type, 'must be object at the root'));
  return errors;
}

function memberProblems(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const isResource = level === 'root' || embedded;
  const errors: FieldError[] = [];
  for (const name of ['kind', 'apiVersion']) {
    const property = own(schema.properties, name);
    if (property && isResource && property.type !== 'string')
      errors.push(invalidValue(`${key(path, name)}.type`, property.type ?? '', 'must be string'));
  }
  const metadata = own(schema.properties, 'metadata');
  if (metadata && isResource && metadata.type !== 'object')
    errors.push(
      invalidValue(`${key(path, 'metadata')}.type`, metadata.type ?? '', 'must be object'),
    );
  if (metadata && level === 'root' && saysMoreOfMetadata(metadata))
    errors.push(
      forbiddenValue(
        key(path, 'metadata'),
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
  if (
    embedded &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true &&
    Object.keys(schema.properties ?? {}).length === 0
  )
    errors.push(
      required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
  return errors;
}

function saysMoreOfMetadata({ properties = {}, ...rest }: JsonSchema): boolean {
  const { type: _type, default: _default, ...more } = rest;
  return (
    Object.keys(more).length > 0 ||
    Object.keys(properties).some((name) => !['name', 'generateName'].includes(name))
  );
}

/** What value validations must not contain. `skipsAnyOf`: the anyOf only repeats that the value is a number or a text. */
function valueProblems(schema: JsonSchema, path: string, skipsAnyOf: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (!skipsAnyOf)
    for (const [index, one] of (schema.anyOf ?? []).entries())
      errors.push(...nestedProblems(one, `${path}.anyOf[${index}]`, false));
  for (const [index, one] of (schema.allOf ?? []).entries())
    errors.push(
      ...nestedProblems(
        one,
        `${path}.allOf[${index}]`,
        index === 0 && isDeepStrictEqual(one.anyOf, INT_OR_STRING),
      ),
    );
  for (const [index, one] of (schema.oneOf ?? []).entries())
    errors.push(...nestedProblems(one, `${path}.oneOf[${index}]`, false));
  if (schema.not) errors.push(...nestedProblems(schema.not, `${path}.not`, false));
  const problem = schema.pattern ? patternProblem(schema.pattern) : undefined;
  if (problem !== undefined)
    errors.push(
      invalidValue(
        `${path}.pattern`,
        schema.pattern,
        `must be a valid regular expression, but isn't: ${problem}`,
      ),
    );
  return errors;
}

/** Members that a nested schema must not have, with the only allowed value. */
const NOT_NESTED: [keyof JsonSchema, string][] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['externalDocs', 'undefined'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
];

function nestedProblems(schema: JsonSchema, path: string, skipsAnyOf: boolean): FieldError[] {
  const items = itemsOf(schema);
  return [
    ...valueProblems(schema, path, skipsAnyOf),
    ...(items ? nestedProblems(items, `${path}.items`, false) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      nestedProblems(property, key(path, name), false),
    ),
    ...NOT_NESTED.filter(([name]) => schema[name] !== undefined).map(([name, what]) =>
      forbiddenValue(`${path}.${name}`, `must be ${what} to be structural`),
    ),
    ...(own(schema.properties, 'metadata')
      ? [forbiddenValue(key(path, 'metadata'), 'must not be specified in a nested context')]
      : []),
  ];
}

/** Everything that a combination names must also be described outside of it. */
function completeness(
  nested: JsonSchema,
  schema: JsonSchema | undefined,
  path: string,
  nestedPath: string,
): FieldError[] {
  const parts: [JsonSchema, string][] = [
    ...(nested.not ? [[nested.not, 'not'] as [JsonSchema, string]] : []),
    ...(['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) =>
      (nested[name] ?? []).map((one, index): [JsonSchema, string] => [one, `${name}[${index}]`]),
    ),
  ];
  return parts.flatMap(([part, name]) => nestedParts(part, schema, path, `${nestedPath}.${name}`));
}

function nestedParts(
  nested: JsonSchema,
  schema: JsonSchema | undefined,
  path: string,
  nestedPath: string,
): FieldError[] {
  if (schema === undefined) return [required(path, `because it is defined in ${nestedPath}`)];
  const items = itemsOf(nested);
  return [
    ...completeness(nested, schema, path, nestedPath),
    ...(items ? nestedParts(items, itemsOf(schema), `${path}.items`, `${nestedPath}.items`) : []),
    ...Object.entries(nested.properties ?? {}).flatMap(([name, property]) =>
      nestedParts(property, own(schema.properties, name), key(path, name), key(nestedPath, name)),
    ),
  ];
}
