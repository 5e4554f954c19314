// Replays executions recorded from AWS Step Functions; the recordings are outside the repository.
// Known differences are listed in asl-known-differences.json, a list that may only shrink.
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import known from './asl-known-differences.json' with { type: 'json' };
import { differences, readCases, replay } from './asl-cases.ts';

const directory = resolve(import.meta.dirname, '../../../shared/asl-golden');
const cases = readCases(directory);
const knownOutcomes: readonly string[] = known.outcome;
const knownDetails: readonly string[] = known.details;
if (cases.length === 0)
  console.log(`no recordings in ${directory}: the conformance of the interpreter was not checked`);

it('at most 3 % of the recorded executions are known to differ', () => {
  expect(knownOutcomes.length).toBeLessThanOrEqual(cases.length * 0.03);
});

it.runIf(cases.length > 0).each(cases.map((one) => [one.name.replace(/^.*::/, ''), one] as const))(
  'runs as recorded: %s',
  async (_, recorded) => {
    const found = differences(recorded, await replay(recorded));
    expect
      .soft(found.outcome, 'status, output, error')
      .toSatisfy(asKnown(knownOutcomes, recorded.name));
    expect.soft(found.strict, 'cause and history').toSatisfy(asKnown(knownDetails, recorded.name));
  },
);

/** Expects no difference, unless the case is listed: then there must be one, or its line has to go. */
const asKnown = (list: readonly string[], name: string) => (found: string[]) =>
  found.length > 0 === list.includes(name);
