// Validation of definitions: every problem is reported with its place.
import { expect, it } from 'vitest';
import type { Json } from '../../../local/states/json.ts';
import { parseMachine } from '../../../local/states/validate.ts';

const pass = { Type: 'Pass', End: true };
const of = (state: Json, more: { [name: string]: Json } = {}): Json => ({
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: { A: state, ...more },
});
const branch = (name: string, state: Json = pass): Json => ({
  StartAt: name,
  States: { [name]: state },
});

function problems(definition: Json): string[] {
  const parsed = parseMachine(definition, (resource) =>
    resource.startsWith('arn:aws:states:::lambda:'),
  );
  return 'problems' in parsed ? parsed.problems : [];
}

it.each<[string, Json, string]>([
  [
    'no States',
    { QueryLanguage: 'JSONata', StartAt: 'A' },
    'These fields are required: [States] at /',
  ],
  [
    'no query language',
    { StartAt: 'A', States: { A: pass } },
    "The query language 'JSONPath' is not supported by the local engine, only 'JSONata' at /States/A",
  ],
  [
    'JSONPath at one state',
    of({ ...pass, QueryLanguage: 'JSONPath' }),
    "The query language 'JSONPath' is not supported by the local engine, only 'JSONata' at /States/A",
  ],
  [
    'a JSONPath field',
    of({ ...pass, ResultPath: '$.a' }),
    "Field is not supported: 'ResultPath' at /States/A",
  ],
  [
    'an unknown type',
    of({ Type: 'Walk', End: true }),
    'Value is not a state type: "Walk" at /States/A',
  ],
  [
    'neither Next nor End',
    of({ Type: 'Pass' }),
    "Exactly one of 'Next' and 'End' must be there at /States/A",
  ],
  [
    'a target that is missing',
    of({ Type: 'Pass', Next: 'B' }),
    "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
  ],
  [
    'a state that nothing reaches',
    of(pass, { B: pass }),
    'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
  ],
  [
    'a name used twice',
    of({ Type: 'Parallel', End: true, Branches: [branch('B'), branch('B')] }),
    'DUPLICATE_STATE_NAME: Duplicate State name: B at /States/A/Branches[1]/States/B',
  ],
  [
    'a resource that nobody serves',
    of({ Type: 'Task', Resource: 'arn:aws:states:::dynamodb:query', End: true }),
    'The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/A/Resource',
  ],
  [
    'a timestamp without an offset',
    of({ Type: 'Wait', Timestamp: '2016-12-05T21:29:29', End: true }),
    'String does not match RFC3339 timestamp at /States/A/Timestamp',
  ],
  [
    'an expression that cannot be parsed',
    of({ ...pass, Output: { b: '{% 1 + %}' } }),
    "The JSONata expression '1 +' cannot be parsed: Unexpected end of expression at /States/A/Output/b",
  ],
  [
    'an expression without its end',
    of({ ...pass, Output: '{% 1' }),
    'An expression must begin with {% and end with %} at /States/A/Output',
  ],
  [
    'States.ALL among others',
    of({
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      End: true,
      Retry: [{ ErrorEquals: ['States.ALL', 'X'] }],
    }),
    'States.ALL must appear alone and in the last element at /States/A/Retry[0]/ErrorEquals',
  ],
  [
    'a Map that is distributed',
    of({
      Type: 'Map',
      End: true,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED' },
        StartAt: 'B',
        States: { B: pass },
      },
    }),
    "The mode 'DISTRIBUTED' is not supported by the local engine, only 'INLINE' at /States/A/ItemProcessor/ProcessorConfig",
  ],
  [
    'an inner assignment to an outer variable',
    of({
      Type: 'Parallel',
      Assign: { x: 1 },
      End: true,
      Branches: [branch('B', { ...pass, Assign: { x: 2 } })],
    }),
    "The variable 'x' belongs to an outer scope and cannot be assigned here at /States/A/Branches[0]/States/B/Assign",
  ],
  [
    'a variable named states',
    of({ ...pass, Assign: { states: 1 } }),
    "'states' is not a variable's name at /States/A/Assign",
  ],
])('refuses %s', (_, definition, problem) => {
  expect(
    problems(definition).map((text) => text.replace('SCHEMA_VALIDATION_FAILED: ', '')),
  ).toContain(problem);
});

it('takes a definition that is right and names all problems of one that is not', () => {
  expect(problems(of(pass))).toEqual([]);
  expect(problems(of({ Type: 'Pass', Next: 'B', ResultPath: '$' }))).toHaveLength(2);
});
