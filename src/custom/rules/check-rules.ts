// Placeholder, replaced below.
import type { FieldError } from '../../errors.ts';
import { forbiddenValue } from '../../validation/field-errors.ts';
import { itemsOf, valuesOf } from '../../kinds/json-schema.ts';
import type { JsonSchema } from '../../kinds/json-schema.ts';

/** Rules are refused until they can be checked. */
export function ruleProblems(schema: JsonSchema, path: string): FieldError[] {
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  return [
    ...((schema['x-kubernetes-validations'] ?? []).length > 0
      ? [forbiddenValue(`${path}.x-kubernetes-validations`, 'droppod checks no rules yet')]
      : []),
    ...(items ? ruleProblems(items, `${path}.items`) : []),
    ...(values ? ruleProblems(values, `${path}.additionalProperties`) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      ruleProblems(property, `${path}.properties[${name}]`),
    ),
  ];
}
