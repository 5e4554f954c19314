// The Parallel state: runs all branches at once and collects their outputs in an array.
import { fanOut } from './fan-out.ts';
import { leave } from './leave.ts';
import type { Outcome, ParallelState } from './machine.ts';
import { StateError } from './state-error.ts';
import type { ThreadRun } from './thread-run.ts';

/** One attempt; the first branch to fail stops the others. */
export async function parallel(run: ThreadRun, state: ParallelState): Promise<Outcome> {
  const { thread } = run;
  if (thread.phase.at !== 'fan-out') {
    const input =
      state.Arguments === undefined
        ? thread.input
        : await run.evaluate(state.Arguments, 'Arguments');
    const count = state.Branches.length;
    thread.phase = { at: 'fan-out', count, concurrency: count, tolerated: 0, items: [input] };
    run.draft('ParallelStateStarted');
    await run.note();
  }
  const input = thread.phase.items?.[0] ?? null;
  const outputs = await fanOut(run, thread.phase, {
    type: 'Parallel',
    flow: (index) => branch(state, index),
    start: () => Promise.resolve({ input }),
  });
  run.draft('ParallelStateSucceeded', {}, { aside: true });
  return leave(run, state, outputs, { result: outputs });
}

function branch({ Branches }: ParallelState, index: number): ParallelState['Branches'][number] {
  const flow = Branches[index];
  if (flow === undefined)
    throw new StateError('States.Runtime', `there is no branch ${index}`, true);
  return flow;
}
