// Retry and Catch around the states that support them.
import type { GuardedState, Outcome } from './machine.ts';
import { leave } from './leave.ts';
import { chooseCatcher, chooseRetrier, retryDelaySeconds } from './retry.ts';
import { StateError } from './state-error.ts';
import type { ThreadRun } from './thread-run.ts';

/** Runs `attempt` until it succeeds, a catcher takes its error, or no retry is left. A pending retry survives a restart. */
export async function guarded(
  run: ThreadRun,
  state: GuardedState,
  attempt: () => Promise<Outcome>,
): Promise<Outcome> {
  for (;;) {
    await waitForRetry(run);
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      if (await planRetry(run, state, error)) continue;
      // AWS records the state as failed only when no retry is left.
      if (state.Type !== 'Task') run.draft(`${state.Type}StateFailed`);
      return await caught(run, state, error);
    }
  }
}

async function waitForRetry(run: ThreadRun): Promise<void> {
  const { thread } = run;
  if (thread.phase.at !== 'retrying') return;
  await run.sleepUntil(thread.phase.until);
  thread.phase = { at: 'entered' };
}

async function planRetry(
  run: ThreadRun,
  { Retry = [] }: GuardedState,
  error: StateError,
): Promise<boolean> {
  const { thread } = run;
  const index = chooseRetrier(Retry, thread.retries, error);
  const retrier = index === undefined ? undefined : Retry[index];
  if (index === undefined || retrier === undefined) return false;
  const seconds = retryDelaySeconds(retrier, thread.retries[index] ?? 0, run.host.ports.random);
  thread.retries = Retry.map(
    (_, position) => (thread.retries[position] ?? 0) + (position === index ? 1 : 0),
  );
  thread.phase = { at: 'retrying', until: run.now() + seconds * 1000 };
  await run.save();
  return true;
}

async function caught(
  run: ThreadRun,
  { Catch = [] }: GuardedState,
  error: StateError,
): Promise<Outcome> {
  const catcher = chooseCatcher(Catch, error);
  if (catcher === undefined) throw error;
  return leave(
    run,
    catcher,
    error.output,
    { errorOutput: error.output },
    `Catch[${Catch.indexOf(catcher)}]/`,
  );
}
