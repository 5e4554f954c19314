// The Choice state: takes the first rule whose Condition is true, or else Default.
import { present } from '../../src/present.ts';
import type { ChoiceState, Outcome } from './machine.ts';
import { leave } from './leave.ts';
import { typeName } from './number-field.ts';
import { StateError } from './state-error.ts';
import type { ThreadRun } from './thread-run.ts';

/** Picks the next state; fails with States.NoChoiceMatched when no rule matches and there is no Default. */
export async function choose(run: ThreadRun, state: ChoiceState): Promise<Outcome> {
  for (const [index, rule] of state.Choices.entries()) {
    const path = `Choices[${index}]/`;
    const holds = await run.evaluate(rule.Condition, `${path}Condition`);
    if (typeof holds !== 'boolean') {
      throw run.evaluationFailed(
        `The JSONata expression '${String(rule.Condition)}' specified for the field '${path}Condition' returned an unexpected result type. Expected 'boolean', but was '${typeName(holds)}' for value: ${JSON.stringify(holds)}`,
        `${path}Condition`,
      );
    }
    if (holds) return leave(run, rule, run.thread.input, {}, path);
  }
  if (state.Default === undefined)
    throw new StateError(
      'States.NoChoiceMatched',
      `No choice rule matched in the state '${run.thread.state}' and it has no Default.`,
    );
  const { Output, Assign } = state;
  return leave(
    run,
    {
      Next: state.Default,
      ...present({ Output, Assign }),
    },
    run.thread.input,
  );
}
