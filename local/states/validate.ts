// Validates a definition before it becomes a machine; problems read as AWS's do: `text at /States/Name/Field`.
import { own } from '../../src/own.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject } from './json.ts';
import type { Machine } from './machine.ts';
import { checkTemplates } from './validate-templates.ts';
import { COMMON, FLOW_FIELDS, MACHINE_FIELDS, SHAPES } from './validate-fields.ts';
import { parseTimestamp } from './wait.ts';
import { expressionOf } from './template.ts';

/** What validation collects: problems so far, names in use, and what the engine can call. */
interface Check {
  problems: string[];
  stateNames: Set<string>;
  supportsResource: (resource: string) => boolean;
}

const MAX_NAME = 80;

/** The typed machine, or every problem with it. */
export function parseMachine(
  definition: Json,
  supportsResource: (resource: string) => boolean = () => true,
): { machine: Machine } | { problems: string[] } {
  const check: Check = { problems: [], stateNames: new Set(), supportsResource };
  if (!isObject(definition))
    return { problems: ['SCHEMA_VALIDATION_FAILED: The definition must be a JSON object at /'] };
  checkFlow(check, definition, '', 'JSONPath', MACHINE_FIELDS, new Set());
  const { TimeoutSeconds } = definition;
  if (
    TimeoutSeconds !== undefined &&
    !(Number.isInteger(TimeoutSeconds) && Number(TimeoutSeconds) > 0)
  )
    schema(check, 'Value must be a positive integer', '/TimeoutSeconds');
  return check.problems.length > 0
    ? { problems: check.problems }
    : { machine: definition as JsonObject & Machine };
}

function schema({ problems }: Check, text: string, path: string): void {
  problems.push(`SCHEMA_VALIDATION_FAILED: ${text} at ${path === '' ? '/' : path}`);
}

function checkFlow(
  check: Check,
  flow: JsonObject,
  path: string,
  outerLanguage: string,
  fields: readonly string[],
  outerVariables: ReadonlySet<string>,
): void {
  checkFields(check, flow, path, fields, ['StartAt', 'States']);
  const { StartAt, States, QueryLanguage = outerLanguage } = flow;
  if (!isObject(States)) {
    if (States !== undefined) schema(check, 'Expected value of type Object', `${path}/States`);
    return;
  }
  const names = Object.keys(States);
  if (names.length === 0) schema(check, "Object 'States' must not be empty", `${path}/States`);
  if (typeof StartAt === 'string') checkTarget(check, names, StartAt, 'StartAt', `${path}/StartAt`);
  const variables = new Set([...outerVariables, ...assignedIn(States)]);
  for (const [name, state] of Object.entries(States)) {
    const at = `${path}/States/${name}`;
    if (name.length > MAX_NAME)
      schema(check, `State name must be at most ${MAX_NAME} characters`, at);
    if (check.stateNames.has(name))
      check.problems.push(`DUPLICATE_STATE_NAME: Duplicate State name: ${name} at ${at}`);
    check.stateNames.add(name);
    if (isObject(state))
      checkState(check, state, at, {
        language: String(QueryLanguage),
        names,
        variables,
        outerVariables,
      });
    else schema(check, 'Expected value of type Object', at);
  }
  checkReachable(check, States, StartAt, path);
}

interface Surroundings {
  language: string;
  names: readonly string[];
  variables: ReadonlySet<string>;
  outerVariables: ReadonlySet<string>;
}

function checkState(
  check: Check,
  state: JsonObject,
  path: string,
  { language, names, variables, outerVariables }: Surroundings,
): void {
  const { Type, QueryLanguage = language } = state;
  if (QueryLanguage !== 'JSONata')
    return schema(
      check,
      `The query language '${String(QueryLanguage)}' is not supported by the local engine, only 'JSONata'`,
      path,
    );
  const shape = typeof Type === 'string' ? own(SHAPES, Type) : undefined;
  if (shape === undefined)
    return schema(
      check,
      Type === undefined
        ? 'These fields are required: [Type]'
        : `Value is not a state type: ${JSON.stringify(Type)}`,
      path,
    );
  checkFields(check, state, path, [...COMMON, ...shape.allowed], shape.required);
  if (shape.leaves && (state['Next'] === undefined) === (state['End'] !== true))
    schema(check, "Exactly one of 'Next' and 'End' must be there", path);
  for (const [next, at] of transitions(state, path)) checkTarget(check, names, next, 'Next', at);
  for (const [name, at] of assignments(state, path)) {
    if (outerVariables.has(name))
      schema(
        check,
        `The variable '${name}' belongs to an outer scope and cannot be assigned here`,
        at,
      );
    if (!/^[\p{L}_][\p{L}\p{N}_]{0,79}$/u.test(name) || name === 'states')
      schema(check, `'${name}' is not a variable's name`, at);
  }
  check.problems.push(...checkTemplates(state, path));
  checkType(check, state, path, String(QueryLanguage), variables);
}

function checkType(
  check: Check,
  state: JsonObject,
  path: string,
  language: string,
  variables: ReadonlySet<string>,
): void {
  switch (state['Type']) {
    case 'Task':
      return checkResource(check, state['Resource'], `${path}/Resource`);
    case 'Choice':
      return checkList(
        check,
        state['Choices'],
        `${path}/Choices`,
        ['Condition', 'Next', 'Output', 'Assign', 'Comment'],
        ['Condition', 'Next'],
      );
    case 'Wait':
      return checkWait(check, state, path);
    case 'Parallel':
      if (!Array.isArray(state['Branches']) || state['Branches'].length === 0)
        return schema(check, "Array 'Branches' must not be empty", `${path}/Branches`);
      return state['Branches'].forEach((branch, index) =>
        checkInner(check, branch, `${path}/Branches[${index}]`, language, variables),
      );
    case 'Map':
      return checkInner(
        check,
        state['ItemProcessor'],
        `${path}/ItemProcessor`,
        language,
        variables,
      );
    default:
  }
}

function checkInner(
  check: Check,
  flow: Json | undefined,
  path: string,
  language: string,
  variables: ReadonlySet<string>,
): void {
  if (!isObject(flow)) return schema(check, 'Expected value of type Object', path);
  const { ProcessorConfig } = flow;
  if (isObject(ProcessorConfig) && ProcessorConfig['Mode'] !== 'INLINE')
    schema(
      check,
      `The mode '${String(ProcessorConfig['Mode'])}' is not supported by the local engine, only 'INLINE'`,
      `${path}/ProcessorConfig`,
    );
  checkFlow(check, flow, path, language, FLOW_FIELDS, variables);
}

function checkResource(check: Check, resource: Json | undefined, path: string): void {
  if (resource === undefined || (typeof resource === 'string' && check.supportsResource(resource)))
    return;
  schema(
    check,
    `The resource provided ${String(resource)} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`,
    path,
  );
}

function checkWait(check: Check, { Seconds, Timestamp }: JsonObject, path: string): void {
  if ((Seconds === undefined) === (Timestamp === undefined))
    return schema(check, "Exactly one of 'Seconds' and 'Timestamp' must be there", path);
  if (
    typeof Timestamp === 'string' &&
    expressionOf(Timestamp) === undefined &&
    parseTimestamp(Timestamp) === undefined
  )
    schema(check, 'String does not match RFC3339 timestamp', `${path}/Timestamp`);
  if (typeof Seconds === 'number' && !(Number.isInteger(Seconds) && Seconds >= 0))
    schema(check, 'Value must be a whole number of at least 0', `${path}/Seconds`);
}

function checkFields(
  check: Check,
  value: JsonObject,
  path: string,
  allowed: readonly string[],
  required: readonly string[],
): void {
  for (const name of Object.keys(value))
    if (!allowed.includes(name)) schema(check, `Field is not supported: '${name}'`, path);
  const missing = required.filter((name) => own(value, name) === undefined);
  if (missing.length > 0) schema(check, `These fields are required: [${missing.join(', ')}]`, path);
}

function checkList(
  check: Check,
  list: Json | undefined,
  path: string,
  allowed: readonly string[],
  required: readonly string[],
): void {
  if (!Array.isArray(list) || list.length === 0)
    return schema(check, 'Expected a list that is not empty', path);
  list.forEach((one, index) =>
    isObject(one)
      ? checkFields(check, one, `${path}[${index}]`, allowed, required)
      : schema(check, 'Expected value of type Object', `${path}[${index}]`),
  );
}

function checkTarget(
  { problems }: Check,
  names: readonly string[],
  target: string,
  field: string,
  path: string,
): void {
  if (!names.includes(target))
    problems.push(`MISSING_TRANSITION_TARGET: Missing '${field}' target: ${target} at ${path}`);
}

/** Every transition out of a state, with the place of its name. */
function transitions(state: JsonObject, path: string): [string, string][] {
  const lists = ['Choices', 'Catch'].flatMap((name) =>
    objects(own(state, name)).map((one, index): [Json | undefined, string] => [
      one['Next'],
      `${path}/${name}[${index}]/Next`,
    ]),
  );
  const all: [Json | undefined, string][] = [
    [state['Next'], `${path}/Next`],
    [state['Default'], `${path}/Default`],
    ...lists,
  ];
  return all.filter((one): one is [string, string] => typeof one[0] === 'string');
}

/** Names of the variables that a state assigns, with their places. */
function assignments(state: JsonObject, path: string): [string, string][] {
  return [state, ...objects(state['Choices']), ...objects(state['Catch'])].flatMap(({ Assign }) =>
    isObject(Assign)
      ? Object.keys(Assign).map((name): [string, string] => [name, `${path}/Assign`])
      : [],
  );
}

function assignedIn(states: JsonObject): string[] {
  return objects(Object.values(states).map((state) => state ?? null)).flatMap((state) =>
    assignments(state, '').map(([name]) => name),
  );
}

const objects = (list: Json | undefined): JsonObject[] =>
  Array.isArray(list) ? list.filter(isObject) : [];

function checkReachable(
  { problems }: Check,
  states: JsonObject,
  start: Json | undefined,
  path: string,
): void {
  const reached = new Set<string>();
  const open = typeof start === 'string' ? [start] : [];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = own(states, name);
    if (reached.has(name) || !isObject(state)) continue;
    reached.add(name);
    open.push(...transitions(state, '').map(([next]) => next));
  }
  for (const name of Object.keys(states))
    if (!reached.has(name))
      problems.push(
        `MISSING_TRANSITION_TARGET: State "${name}" is not reachable. at ${path}/States/${name}`,
      );
}
