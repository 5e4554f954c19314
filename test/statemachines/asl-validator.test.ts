// Checks the machine's document against the language's schema with an independent validator.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

// It has no types.
const aslValidator = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => {
  isValid: boolean;
  errors: unknown[];
};

type Machine = { States: Record<string, Record<string, unknown>> };

/** As deployed: every ${Name} is an ARN. */
const machine = (): Machine => {
  const url = new URL('../../statemachines/pod.asl.yaml', import.meta.url);
  const text = JSON.stringify(parse(readFileSync(url, 'utf8')));
  return JSON.parse(
    text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) =>
      name === 'Revision' ? 'r1' : `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    ),
  ) as Machine;
};

it('the state machine is valid Amazon States Language', () => {
  const { isValid, errors } = aslValidator(machine());
  expect(errors).toEqual([]);
  expect(isValid).toBe(true);
});

it('the validator would see a state that nobody reaches, and one that leads nowhere', () => {
  const [first = ''] = Object.keys(machine().States);
  const extra = machine();
  extra.States['Nobody'] = { Type: 'Succeed' };
  expect(aslValidator(extra).isValid).toBe(false);
  const lost = machine();
  lost.States[first] = { ...lost.States[first], Type: 'Pass', Next: 'Nowhere' };
  expect(aslValidator(lost).isValid).toBe(false);
});
