// Checks the rules of a new definition: each must compile with the supported part of Kubernetes' CEL, or the definition is refused.
import type { FieldError } from '../../errors.ts';
import { itemsOf, valuesOf } from '../../kinds/json-schema.ts';
import type { JsonSchema, ValidationRule } from '../../kinds/json-schema.ts';
import { forbiddenValue, invalidValue } from '../../validation/field-errors.ts';
import { parseJsonPath } from '../json-path.ts';
import { compileRules, hasRules } from './compile-rules.ts';

/** A rule as Go prints it: its struct in JSON, with HTML characters escaped. */
const shown = (rule: ValidationRule): string =>
  JSON.stringify({
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }).replaceAll(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

interface Place {
  path: string;
  isRoot: boolean;
  /** Elements of an old list have no counterpart among the new ones here: no rule below may refer to them. */
  uncorrelatable?: string;
}

/** Limits for all rules together: the declared types (each schema with rules declares those below it), and the text. */
const MAX_TYPES = 5_000;
const MAX_TEXT = 200_000;

interface Weight {
  types: number;
  text: number;
}

/** Adds the size of a schema's rules; returns the number of object types at and below it. */
function weigh(schema: JsonSchema, weight: Weight): number {
  const parts = [itemsOf(schema), valuesOf(schema), ...Object.values(schema.properties ?? {})];
  let types = schema.type === 'object' ? 1 : 0;
  for (const part of parts) if (part !== undefined) types += weigh(part, weight);
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length > 0) weight.types += types + 1;
  for (const { rule, messageExpression = '' } of rules)
    weight.text += rule.length + messageExpression.length;
  return types;
}

/** Problems of every rule below a root schema. */
export function ruleProblems(schema: JsonSchema, path: string): FieldError[] {
  if (!hasRules(schema)) return [];
  const weight = { types: 0, text: 0 };
  weigh(schema, weight);
  return weight.types > MAX_TYPES || weight.text > MAX_TEXT
    ? [
        forbiddenValue(
          path,
          `the rules of this schema are more than droppod compiles: at most ${MAX_TEXT} characters in all, and ${MAX_TYPES} object types at and below the schemas that have rules`,
        ),
      ]
    : check(schema, { path, isRoot: true });
}

function check(schema: JsonSchema, place: Place): FieldError[] {
  if (!hasRules(schema)) return [];
  const { path } = place;
  const [items, values] = [itemsOf(schema), valuesOf(schema)];
  const atomic = (known: boolean): Partial<Place> =>
    known || place.uncorrelatable !== undefined ? {} : { uncorrelatable: path };
  const below = { ...place, isRoot: false };
  return [
    ...ownProblems(schema, place),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      check(property, {
        ...below,
        path: `${path}.properties[${name}]`,
        ...atomic(schema['x-kubernetes-map-type'] !== 'atomic'),
      }),
    ),
    ...(values
      ? check(values, {
          ...below,
          path: `${path}.additionalProperties`,
          ...atomic(schema['x-kubernetes-map-type'] !== 'atomic'),
        })
      : []),
    ...(items
      ? check(items, {
          ...below,
          path: `${path}.items`,
          ...atomic(schema['x-kubernetes-list-type'] === 'map'),
        })
      : []),
  ];
}

function ownProblems(schema: JsonSchema, { path, isRoot, uncorrelatable }: Place): FieldError[] {
  const compiled = compileRules(schema, isRoot);
  if (compiled === undefined) return [];
  const rules = schema['x-kubernetes-validations'] ?? [];
  const at = (index: number, member: string): string =>
    `${path}.x-kubernetes-validations[${index}].${member}`;
  return [
    ...compiled.problems.flatMap(({ index, member, problem }): FieldError[] => {
      const rule = rules[index];
      return rule === undefined
        ? []
        : [
            {
              field: at(index, member),
              reason: 'FieldValueInvalid',
              message: `Invalid value: ${shown(rule)}: ${problem}`,
            },
          ];
    }),
    ...rules.flatMap((rule, index): FieldError[] => {
      const { fieldPath = '', optionalOldSelf } = rule;
      const usesOldSelf = compiled.rules.find((one) => one.rule === rule)?.program.usesOldSelf;
      return [
        ...(fieldPath !== '' && parseJsonPath(fieldPath) === undefined
          ? [invalidValue(at(index, 'fieldPath'), fieldPath, 'must be a valid path')]
          : []),
        ...(usesOldSelf === true && uncorrelatable !== undefined
          ? [
              invalidValue(
                at(index, 'rule'),
                rule.rule,
                `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
              ),
            ]
          : []),
        ...(usesOldSelf === false && optionalOldSelf !== undefined
          ? [
              invalidValue(
                at(index, 'optionalOldSelf'),
                optionalOldSelf,
                'may not be set if oldSelf is not used in rule',
              ),
            ]
          : []),
      ];
    }),
  ];
}
