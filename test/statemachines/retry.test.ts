// The error contract of the machine: its Retry lists exactly what its functions can throw and AWS's transient errors.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import { MACHINE_ERRORS } from '../../src/errors.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Errors of invoking a function: the service's own faults, and a function that did not complete. */
const PASSING_ON_AWS = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
];

interface State {
  Type?: string;
  Resource?: string;
  Retry?: { ErrorEquals: string[]; MaxDelaySeconds: number }[];
  Catch?: unknown;
}

const isState = (value: object): value is State => 'Type' in value;

function tasksIn(value: unknown): State[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(tasksIn);
  return isState(value) && value.Type === 'Task' ? [value, ...inner] : inner;
}

const tasks = tasksIn(
  parse(readFileSync(join(ROOT, 'statemachines/pod.asl.yaml'), 'utf8'), { merge: true }),
);

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'));

it('every task retries our faults and the passing ones of AWS, by name; everything else ends the execution', () => {
  expect(tasks.length).toBeGreaterThan(4);
  for (const { Retry = [], Catch } of tasks) {
    expect(Retry.map(({ ErrorEquals }) => ErrorEquals)).toEqual([
      [...MACHINE_ERRORS, ...PASSING_ON_AWS],
    ]);
    expect(Catch).toBeUndefined();
  }
});

it.each(MACHINE_ERRORS)('%s is thrown under that name', (name) => {
  expect(sources.some((text) => text.includes(`new ${name}(`))).toBe(true);
  expect(sources.some((text) => text.includes(`override readonly name = '${name}'`))).toBe(true);
});

it('errors of the steps that are not in the list are caught where they are thrown, or are answers of the API', () => {
  const named = sources
    .flatMap((text) => [...text.matchAll(/override readonly name = '(\w+)'/g)])
    .map(([, name]) => name ?? '');
  const others = named.filter((name) => !(MACHINE_ERRORS as readonly string[]).includes(name));
  const wire = ['DecodeError', 'ParseError', 'PatchError', 'WireError'];
  const caught = {
    ApiError: 'src/api',
    CompactedError: 'watches',
    CostExceeded: 'src/custom/rules',
    RegistryRefusal: 'src/images',
  };
  expect(others.sort()).toEqual([...Object.keys(caught), ...wire].sort());
});
