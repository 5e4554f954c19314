// Checks of a state's expressions and of its Retry and Catch.
import jsonata from 'jsonata';
import { own } from '../../src/own.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject } from './json.ts';
import { expressionOf } from './template.ts';
import { TEMPLATES } from './validate-fields.ts';

/** Problems of every expression, retrier and catcher of a state. */
export function checkTemplates(state: JsonObject, path: string): string[] {
  const lists = ['Choices', 'Catch'].flatMap((name) =>
    elements(own(state, name)).map((one, index): [Json, string] => [
      one,
      `${path}/${name}[${index}]`,
    ]),
  );
  const holders: [Json, string][] = [[state, path], ...lists];
  return [
    ...holders.flatMap(([holder, at]) =>
      isObject(holder)
        ? TEMPLATES.flatMap((name) => expressions(own(holder, name), `${at}/${name}`))
        : [],
    ),
    ...checkErrors(
      state['Retry'],
      `${path}/Retry`,
      [
        'ErrorEquals',
        'IntervalSeconds',
        'MaxAttempts',
        'BackoffRate',
        'MaxDelaySeconds',
        'JitterStrategy',
        'Comment',
      ],
      ['ErrorEquals'],
    ),
    ...checkErrors(
      state['Catch'],
      `${path}/Catch`,
      ['ErrorEquals', 'Next', 'Output', 'Assign', 'Comment'],
      ['ErrorEquals', 'Next'],
    ),
  ];
}

const elements = (list: Json | undefined): Json[] => (Array.isArray(list) ? list : []);

function expressions(template: Json | undefined, path: string): string[] {
  if (typeof template === 'string') return syntaxProblem(template, path);
  if (Array.isArray(template))
    return template.flatMap((element, index) => expressions(element, `${path}[${index}]`));
  return isObject(template)
    ? Object.entries(template).flatMap(([name, member]) => expressions(member, `${path}/${name}`))
    : [];
}

function syntaxProblem(text: string, path: string): string[] {
  const expression = expressionOf(text);
  if (expression === undefined)
    return text.startsWith('{%') || text.endsWith('%}')
      ? [`SCHEMA_VALIDATION_FAILED: An expression must begin with {% and end with %} at ${path}`]
      : [];
  try {
    jsonata(expression);
    return [];
  } catch (error) {
    const why = isObject(error) || error instanceof Error ? String(error.message) : String(error);
    return [
      `SCHEMA_VALIDATION_FAILED: The JSONata expression '${expression}' cannot be parsed: ${why} at ${path}`,
    ];
  }
}

function checkErrors(
  list: Json | undefined,
  path: string,
  allowed: readonly string[],
  required: readonly string[],
): string[] {
  if (list === undefined) return [];
  if (!Array.isArray(list))
    return [`SCHEMA_VALIDATION_FAILED: Expected value of type Array at ${path}`];
  return list.flatMap((one, index) => {
    const at = `${path}[${index}]`;
    if (!isObject(one)) return [`SCHEMA_VALIDATION_FAILED: Expected value of type Object at ${at}`];
    const unknown = Object.keys(one)
      .filter((name) => !allowed.includes(name))
      .map((name) => `SCHEMA_VALIDATION_FAILED: Field is not supported: '${name}' at ${at}`);
    const missing = required
      .filter((name) => own(one, name) === undefined)
      .map((name) => `SCHEMA_VALIDATION_FAILED: These fields are required: [${name}] at ${at}`);
    return [
      ...unknown,
      ...missing,
      ...checkNames(one['ErrorEquals'], at, index === list.length - 1),
    ];
  });
}

/** States.ALL has to stand alone and last. */
function checkNames(names: Json | undefined, path: string, last: boolean): string[] {
  if (names === undefined) return [];
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== 'string'))
    return [
      `SCHEMA_VALIDATION_FAILED: Expected a list of names that is not empty at ${path}/ErrorEquals`,
    ];
  if (names.includes('States.ALL') && (names.length > 1 || !last))
    return [
      `SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and in the last element at ${path}/ErrorEquals`,
    ];
  return [];
}
