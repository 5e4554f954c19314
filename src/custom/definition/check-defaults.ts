// Rules for defaults: an object of the kind must be able to have them, so only known fields and valid values.
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import { itemsOf } from '../../kinds/json-schema.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';
import { invalidValue } from '../../validation/field-errors.ts';
import { embeddedProblems } from '../embedded.ts';
import { asResource, prune } from '../prune.ts';
import { validate } from '../validate.ts';
import type { Work } from '../work.ts';

/** Problems of every default below a schema. Nothing below additionalProperties is checked, where defaults do not apply. */
export function defaultProblems(schema: JsonSchema, path: string, work: Work): FieldError[] {
  const items = itemsOf(schema);
  return [
    ...(schema.default === undefined ? [] : ownProblems(schema, path, work)),
    ...(items ? defaultProblems(items, `${path}.items`, work) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      defaultProblems(property, `${path}.properties[${name}]`, work),
    ),
  ];
}

function ownProblems(schema: JsonSchema, path: string, work: Work): FieldError[] {
  const value = schema.default;
  const field = `${path}.default`;
  const known = schema['x-kubernetes-embedded-resource'] === true ? asResource(schema) : schema;
  const unpruned = isDeepStrictEqual(prune(value, known), value)
    ? []
    : [invalidValue(field, value, 'must not have unknown fields')];
  const inside = (problem: FieldError): FieldError => ({
    ...problem,
    field:
      problem.field === '<nil>'
        ? field
        : problem.field.startsWith('[')
          ? `${field}${problem.field}`
          : `${field}.${problem.field}`,
  });
  return [
    ...unpruned,
    ...embeddedProblems(value, schema, ''),
    ...validate(value, schema, work),
  ].map((problem) => (problem.field === field ? problem : inside(problem)));
}
