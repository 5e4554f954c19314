// Validation of an object by its schema, with the paths and texts of kube-openapi's validator.
import { sameElement } from './same-element.ts';
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../errors.ts';
import { itemsOf, valuesOf } from '../kinds/json-schema.ts';
import type { JsonSchema } from '../kinds/json-schema.ts';
import { isMap, own } from '../own.ts';
import {
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../validation/field-errors.ts';
import { hasFormat, isKnownFormat } from './formats.ts';
import { findsPattern } from './patterns.ts';
import { patternSteps, step } from './work.ts';
import type { Work } from './work.ts';

const typeOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : typeof value === 'object'
        ? 'object'
        : typeof value === 'number' && Number.isInteger(value)
          ? 'integer'
          : typeof value;

const wrongType = (path: string, wanted: string, found: string): FieldError => ({
  field: path === '' ? '<nil>' : path,
  reason: 'FieldValueTypeInvalid',
  message: `Invalid value: ${JSON.stringify(found)}: ${path} in body must be of type ${wanted}: ${JSON.stringify(found)}`,
});

const wrong = (path: string, value: unknown, detail: string): FieldError =>
  invalidValue(path === '' ? '<nil>' : path, value, `${path} in body ${detail}`);

/** The problem of a combination of schemas is reported at the root and names its path in the text. */
const combination = (path: string, detail: string): FieldError =>
  invalidValue('<nil>', '', `${JSON.stringify(path)} ${detail}`);

/** Types that the schema allows; none: any. */
const typesOf = (schema: JsonSchema): string[] =>
  schema['x-kubernetes-int-or-string'] === true
    ? ['integer', 'string']
    : schema.type === undefined || schema.type === ''
      ? []
      : [schema.type];

/** The problems of `value`; stops when the budget is used up. A part equal to the same part of `old` is not checked again. */
export function validate(
  value: unknown,
  schema: JsonSchema,
  work: Work,
  path = '',
  old?: unknown,
): FieldError[] {
  if (!step(work) || (old !== undefined && isDeepStrictEqual(value, old))) return [];
  const types = typesOf(schema);
  const found = typeOf(value);
  if (value === null)
    return types.length > 0 && schema.nullable !== true
      ? [wrongType(path, types.join(','), 'null')]
      : enumProblems(value, schema, path, work);
  const fits =
    types.length === 0 ||
    types.includes(found) ||
    (found === 'integer' && types.includes('number'));
  return [
    ...(fits ? [] : [wrongType(path, types.join(','), found)]),
    ...combinations(value, schema, work, path),
    ...(typeof value === 'string' ? textProblems(value, schema, path, work) : []),
    ...(typeof value === 'number' && fits ? numberProblems(value, schema, path) : []),
    ...(Array.isArray(value) ? listProblems(value, schema, path, work, old) : []),
    ...enumProblems(value, schema, path, work),
    ...(isMap(value) ? mapProblems(value, schema, path, work, old) : []),
  ];
}

function enumProblems(
  value: unknown,
  { enum: taken = [], nullable }: JsonSchema,
  path: string,
  work: Work,
): FieldError[] {
  if (taken.length === 0 || (value === null && nullable === true) || !step(work, taken.length))
    return [];
  return taken.some((one) => isDeepStrictEqual(one, value))
    ? []
    : [
        notSupported(
          path === '' ? '<nil>' : path,
          value,
          taken.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
        ),
      ];
}

/** Characters, as Go counts them. */
const runes = (text: string): number => {
  let count = 0;
  for (const _sign of text) count++;
  return count;
};

function textProblems(value: string, schema: JsonSchema, path: string, work: Work): FieldError[] {
  const { maxLength, minLength, pattern, format } = schema;
  const errors: FieldError[] = [];
  if (maxLength !== undefined && runes(value) > maxLength)
    errors.push(tooLong(path === '' ? '<nil>' : path, maxLength));
  if (minLength !== undefined && runes(value) < minLength)
    errors.push(wrong(path, value, `should be at least ${minLength} chars long`));
  if (pattern && step(work, patternSteps(pattern, value)) && !findsPattern(pattern, value))
    errors.push(wrong(path, value, `should match '${pattern}'`));
  if (format && isKnownFormat(format) && !hasFormat(format, value))
    errors.push({
      field: path === '' ? '<nil>' : path,
      reason: 'FieldValueTypeInvalid',
      message: `Invalid value: ${JSON.stringify(value)}: ${path} in body must be of type ${format}: ${JSON.stringify(value)}`,
    });
  return errors;
}

const RANGES: Record<string, [low: number, high: number]> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
};

function numberProblems(value: number, schema: JsonSchema, path: string): FieldError[] {
  const { maximum, exclusiveMaximum, minimum, exclusiveMinimum, multipleOf, format = '' } = schema;
  const errors: FieldError[] = [];
  const range = own(RANGES, format);
  if (range && (value < range[0] || value > range[1]))
    errors.push(
      invalidValue(
        '<nil>',
        '',
        `Checked value must be of type ${schema.type ?? 'number'} with format ${format} in ${path}`,
      ),
    );
  if (multipleOf !== undefined && multipleOf > 0 && !isMultiple(value, multipleOf))
    errors.push(wrong(path, value, `should be a multiple of ${multipleOf}`));
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    errors.push(
      wrong(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`),
    );
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    errors.push(
      wrong(
        path,
        value,
        `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`,
      ),
    );
  return errors;
}

const isMultiple = (value: number, of: number): boolean => {
  const quotient = value / of;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9;
};

function listProblems(
  value: unknown[],
  schema: JsonSchema,
  path: string,
  work: Work,
  old: unknown,
): FieldError[] {
  const items = itemsOf(schema);
  const before = sameElement(schema, old);
  const errors =
    items === undefined
      ? []
      : value.flatMap((item, index) =>
          validate(item, items, work, `${path}[${index}]`, before(item)),
        );
  if (schema.minItems !== undefined && value.length < schema.minItems)
    errors.push(wrong(path, value.length, `should have at least ${schema.minItems} items`));
  if (schema.maxItems !== undefined && value.length > schema.maxItems)
    errors.push(tooMany(path === '' ? '<nil>' : path, value.length, schema.maxItems));
  return errors;
}

/** The order of findings: Go's is random; kube-apiserver's recorded answers name lists and maps first. */
function partsFirst(value: { [key: string]: unknown }): string[] {
  const isPart = (key: string): boolean => typeof own(value, key) === 'object';
  const keys = Object.keys(value);
  return [...keys.filter(isPart), ...keys.filter((key) => !isPart(key))];
}

function mapProblems(
  value: { [key: string]: unknown },
  schema: JsonSchema,
  path: string,
  work: Work,
  old: unknown,
): FieldError[] {
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const keys = partsFirst(value);
  const errors: FieldError[] = [];
  if (schema.minProperties !== undefined && keys.length < schema.minProperties)
    errors.push(
      wrong(path, keys.length, `should have at least ${schema.minProperties} properties`),
    );
  if (schema.maxProperties !== undefined && keys.length > schema.maxProperties)
    errors.push(tooMany(path === '' ? '<nil>' : path, keys.length, schema.maxProperties));
  const values = valuesOf(schema);
  for (const key of keys) {
    const inner = own(schema.properties, key) ?? values;
    if (inner !== undefined)
      errors.push(
        ...validate(
          own(value, key),
          inner,
          work,
          below(key),
          isMap(old) ? own(old, key) : undefined,
        ),
      );
  }
  if (schema.required !== undefined && step(work, schema.required.length))
    for (const key of schema.required)
      if (own(value, key) === undefined) errors.push(required(below(key)));
  return errors;
}

function combinations(value: unknown, schema: JsonSchema, work: Work, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const results = (schemas: JsonSchema[]): FieldError[][] =>
    schemas.map((one) => validate(value, one, work, path));
  const fewest = (all: FieldError[][]): FieldError[] =>
    all.reduce((best, one) => (one.length < best.length ? one : best), all[0] ?? []);
  if (schema.anyOf && schema.anyOf.length > 0 && schema['x-kubernetes-int-or-string'] !== true) {
    const all = results(schema.anyOf);
    if (all.every((one) => one.length > 0))
      errors.push(combination(path, 'must validate at least one schema (anyOf)'), ...fewest(all));
  }
  if (schema.oneOf && schema.oneOf.length > 0) {
    const all = results(schema.oneOf);
    const valid = all.filter((one) => one.length === 0).length;
    if (valid !== 1)
      errors.push(
        combination(
          path,
          `must validate one and only one schema (oneOf). ${valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`}`,
        ),
        ...(valid === 0 ? fewest(all) : []),
      );
  }
  if (schema.allOf && schema.allOf.length > 0) {
    const all = results(schema.allOf);
    const valid = all.filter((one) => one.length === 0).length;
    errors.push(...all.flat());
    if (valid !== all.length)
      errors.push(
        combination(
          path,
          `must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`,
        ),
      );
  }
  if (schema.not && validate(value, schema.not, work, path).length === 0)
    errors.push(combination(path, 'must not validate the schema (not)'));
  return errors;
}
