// Runs the rules of an object (x-kubernetes-validations) at every node of the schema, within one budget for the object.
import { sameElement } from '../same-element.ts';
import { isDeepStrictEqual } from 'node:util';
import type { FieldError } from '../../errors.ts';
import { itemsOf, valuesOf } from '../../kinds/json-schema.ts';
import type { JsonSchema, ValidationRule } from '../../kinds/json-schema.ts';
import type { KubeObject } from '../../kinds/pod.ts';
import { isMap, own } from '../../own.ts';
import { duplicate, forbiddenValue, required } from '../../validation/field-errors.ts';
import { compileRules, hasRules } from './compile-rules.ts';
import type { CompiledRule, CompiledRules } from './compile-rules.ts';
import { CostExceeded, metered, OBJECT_LIMIT } from './meter.ts';
import { optional } from './program.ts';

/** The state of one object's validation. */
interface Run {
  budget: number;
  errors: FieldError[];
}

const NOT_CHECKED: FieldError = {
  field: '<nil>',
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** Findings of all rules. `blocked`: the object is too invalid for rules to run. */
export function ruleFindings(
  schema: JsonSchema,
  object: KubeObject,
  old: KubeObject | undefined,
  blocked: boolean,
): FieldError[] {
  if (!hasRules(schema)) return [];
  if (blocked) return [NOT_CHECKED];
  const run: Run = { budget: OBJECT_LIMIT, errors: [] };
  check(run, schema, { value: object, old, path: '', isRoot: true });
  return run.errors;
}

interface Place {
  value: unknown;
  old: unknown;
  path: string;
  isRoot: boolean;
}

function check(run: Run, schema: JsonSchema, place: Place): void {
  const { value, old, path } = place;
  if (run.budget < 0 || value === null || value === undefined || !hasRules(schema)) return;
  const compiled = compileRules(schema, place.isRoot);
  if (compiled !== undefined) ask(run, schema, compiled, place);
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    const before = sameElement(schema, old);
    if (items !== undefined)
      for (const [index, item] of value.entries())
        check(run, items, {
          value: item,
          old: before(item),
          path: `${path}[${index}]`,
          isRoot: false,
        });
  } else if (isMap(value)) {
    const values = valuesOf(schema);
    for (const [key, member] of Object.entries(value)) {
      const property = own(schema.properties, key);
      const inner = property ?? values;
      if (inner !== undefined)
        check(run, inner, {
          value: member,
          old: isMap(old) ? own(old, key) : undefined,
          path: property === undefined ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`,
          isRoot: false,
        });
    }
  }
}

function ask(run: Run, schema: JsonSchema, { declared, rules }: CompiledRules, place: Place): void {
  const { value, old } = place;
  const unchanged = old !== undefined && isDeepStrictEqual(value, old);
  const asked = rules.filter(
    ({ rule, program }) =>
      (!unchanged || program.usesOldSelf) &&
      (!program.usesOldSelf ||
        (old !== undefined && old !== null) ||
        rule.optionalOldSelf === true),
  );
  if (asked.length === 0) return;
  const converted = take(run, place, '', () => ({
    self: declared.convert(value),
    oldSelf: old === undefined || old === null ? undefined : declared.convert(old),
  }));
  if (converted === undefined) return;
  for (const one of asked) {
    const { rule } = one;
    const oldSelf =
      rule.optionalOldSelf === true ? optional(converted.value.oldSelf) : converted.value.oldSelf;
    const answer = take(run, place, rule.rule, () =>
      one.program.run({ self: converted.value.self, oldSelf }),
    );
    if (run.budget < 0) return;
    if (answer !== undefined && answer.value !== true)
      run.errors.push(
        finding(schema, one, place, messageOf(run, one, converted.value.self, oldSelf)),
      );
  }
}

/** Runs within the budget; undefined after a failure, which becomes a finding of its own. */
function take<T>(run: Run, place: Place, rule: string, act: () => T): { value: T } | undefined {
  try {
    const { value, cost } = metered(run.budget, act);
    run.budget -= cost;
    return { value };
  } catch (error) {
    const { message, summary } = error as { message: string; summary?: string };
    const exceeded = error instanceof CostExceeded;
    if (exceeded) run.budget = -1;
    const text = (summary ?? message).replace(/^No such key/, 'no such key');
    run.errors.push({
      field: fieldOf(place.path),
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(typeName(place.value))}: ${
        exceeded
          ? `'${text}': no further validation rules will be run due to call cost exceeds limit for rule: ${rule.trim()}`
          : `${text} evaluating rule: ${rule.trim()}`
      }`,
    });
    return undefined;
  }
}

const typeName = (value: unknown): string =>
  Array.isArray(value)
    ? 'array'
    : typeof value === 'number'
      ? Number.isInteger(value)
        ? 'integer'
        : 'number'
      : typeof value;

const fieldOf = (path: string): string => (path === '' ? '<nil>' : path);

/** The rule's message: from its messageExpression, its message, or the rule itself. */
function messageOf(
  run: Run,
  { rule, message }: CompiledRule,
  self: unknown,
  oldSelf: unknown,
): string {
  const fallback = (rule.message ?? '').trim() || `failed rule: ${rule.rule.trim()}`;
  if (message === undefined) return fallback;
  try {
    const { value, cost } = metered(run.budget, () => message.run({ self, oldSelf }));
    run.budget -= cost;
    const text = typeof value === 'string' ? value.trim() : '';
    return text === '' || /[\n\r]/.test(text) ? fallback : text;
  } catch {
    // A message that cannot be computed does not change the result.
    return fallback;
  }
}

function finding(
  schema: JsonSchema,
  { rule }: CompiledRule,
  { path, value }: Place,
  text: string,
): FieldError {
  const field = fieldOf(joined(path, rule));
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbiddenValue(field, text);
    case 'FieldValueRequired':
      return required(field, text);
    case 'FieldValueDuplicate':
      return duplicate(field, value);
    default: {
      const shown =
        schema.type === 'object' || schema.type === 'array' ? '' : `${JSON.stringify(value)}: `;
      return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${shown}${text}` };
    }
  }
}

const joined = (path: string, { fieldPath = '' }: ValidationRule): string => {
  const below = fieldPath.trim().replaceAll(/\['([^']*)'\]/g, '[$1]');
  return path === '' ? below.replace(/^\./, '') : `${path}${below}`;
};
