// A thread's walk through its flow: run a state, record its exit, enter the next, save, go on.
import { setOwn } from '../../src/own.ts';
import { present } from '../../src/present.ts';
import { choose } from './choice.ts';
import { guarded } from './guarded.ts';
import type { Json } from './json.ts';
import { leave } from './leave.ts';
import type { FailState, Outcome, State } from './machine.ts';
import { map } from './map.ts';
import { parallel } from './parallel.ts';
import { StateError } from './state-error.ts';
import { task } from './task.ts';
import type { ThreadRun } from './thread-run.ts';
import { wait } from './wait.ts';

/**
 * Runs from the thread's current state to the end of the flow. The last state's exit is drafted but not yet saved. Entering a state is
 * not seen outside: what a state then does it saves first.
 */
export async function runFlow(run: ThreadRun): Promise<Json> {
  for (;;) {
    const { output, assigned, next } = await runState(run, run.state);
    const { thread } = run;
    run.draft(`${run.state.Type}StateExited`, {
      name: thread.state,
      output,
      ...present({ assignedVariables: assigned }),
    });
    for (const [name, value] of Object.entries(assigned ?? {}))
      setOwn(thread.variables, name, value ?? null);
    if (next === undefined) return output;
    run.enter(next, output);
    await run.note();
  }
}

function runState(run: ThreadRun, state: State): Promise<Outcome> {
  const { input } = run.thread;
  switch (state.Type) {
    case 'Pass':
    case 'Succeed':
      return leave(run, state, input);
    case 'Choice':
      return choose(run, state);
    case 'Wait':
      return wait(run, state);
    case 'Fail':
      return fail(run, state);
    case 'Task':
      return guarded(run, state, () => task(run, state));
    case 'Parallel':
      return guarded(run, state, () => parallel(run, state));
    case 'Map':
      return guarded(run, state, () => map(run, state));
  }
}

async function fail(run: ThreadRun, { Error: error, Cause: cause }: FailState): Promise<never> {
  throw new StateError(await text(run, error, 'Error'), await text(run, cause, 'Cause'));
}

async function text(
  run: ThreadRun,
  template: string | undefined,
  field: string,
): Promise<string | undefined> {
  if (template === undefined) return undefined;
  const value = await run.evaluate(template, field);
  if (typeof value !== 'string')
    throw run.evaluationFailed(
      `The ${field} field must be a string but was: ${JSON.stringify(value)}`,
      field,
    );
  return value;
}
