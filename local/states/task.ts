// The Task state: one call through the port, or a call followed by waiting for a task token.
import { present } from '../../src/present.ts';
import type { Json } from './json.ts';
import type { Outcome, TaskState } from './machine.ts';
import { checkSize, leave } from './leave.ts';
import { wholeNumber } from './number-field.ts';
import { Aborted, StateError } from './state-error.ts';
import { taskEvents } from './task-events.ts';
import type { ThreadRun } from './thread-run.ts';
import type { Answer, Phase } from './thread.ts';
import { makeToken } from './token.ts';

/** Shared by all tasks: creating an error and its stack per task would cost more than the task. */
const OVER = new Aborted('the task is over');

type TaskPhase = Extract<Phase, { at: 'task' }>;

/** One attempt. After a restart a token still waits; a plain call that was in flight counts as failed, and Retry may apply. */
export async function task(run: ThreadRun, state: TaskState): Promise<Outcome> {
  const { thread } = run;
  const resumed = thread.phase.at === 'task' ? thread.phase : undefined;
  const phase = resumed ?? (await schedule(run, state));
  const output = await settle(run, state, () => work(run, state, phase, resumed !== undefined));
  return leave(run, state, output, { result: output });
}

async function schedule(run: ThreadRun, state: TaskState): Promise<TaskPhase> {
  const { thread, host } = run;
  const token = state.Resource.endsWith('.waitForTaskToken')
    ? makeToken({ execution: host.key, thread: thread.id, nonce: host.ports.uuid() })
    : undefined;
  const args =
    state.Arguments === undefined
      ? thread.input
      : await run.evaluate(state.Arguments, 'Arguments', present({ token }));
  checkSize(args, thread.state, true);
  const timeoutSeconds = await wholeNumber(run, state.TimeoutSeconds, 'TimeoutSeconds', 1);
  const heartbeatSeconds = await wholeNumber(run, state.HeartbeatSeconds, 'HeartbeatSeconds', 1);
  const phase: TaskPhase = {
    at: 'task',
    args,
    ...present({
      token,
      deadline: timeoutSeconds === undefined ? undefined : run.now() + timeoutSeconds * 1000,
      heartbeatSeconds,
    }),
  };
  thread.phase = phase;
  run.tokenClosed = false;
  const events = taskEvents(state.Resource);
  run.draft(...events.scheduled(args, timeoutSeconds, heartbeatSeconds));
  run.draft(...events.started());
  await run.save();
  return phase;
}

/** Records how the work ended, in AWS's event for it. */
async function settle(run: ThreadRun, state: TaskState, start: () => Promise<Json>): Promise<Json> {
  const events = taskEvents(state.Resource);
  try {
    const output = await start();
    checkSize(output, events.name, false);
    run.draft(...events.succeeded(output));
    return output;
  } catch (error) {
    if (error instanceof Aborted) throw error;
    run.checkAborted();
    const failure =
      error instanceof StateError
        ? error
        : new StateError('Lambda.Unknown', error instanceof Error ? error.message : String(error));
    run.draft(...events.failed(failure));
    throw failure;
  }
}

async function work(
  run: ThreadRun,
  state: TaskState,
  phase: TaskPhase,
  resumed: boolean,
): Promise<Json> {
  if (phase.answer !== undefined) return unwrap(phase.answer);
  if (resumed && phase.submitted === undefined) {
    throw new StateError(
      'Lambda.Unknown',
      'The process ended while the call was in flight; whether it took effect is unknown.',
    );
  }
  const stop = new AbortController();
  let reject: (reason: Aborted) => void = () => undefined;
  const aborted = new Promise<never>((_, fail) => {
    reject = fail;
  });
  const abort = (): void => {
    stop.abort(OVER);
    reject(OVER);
  };
  run.signal.addEventListener('abort', abort, { once: true });
  try {
    const call = {
      execution: run.host.arn,
      state: run.thread.state,
      resource: state.Resource,
      args: phase.args,
      retryCount: run.retryCount,
      signal: stop.signal,
    };
    const steps =
      phase.token === undefined
        ? run.host.ports.tasks(call)
        : untilAnswered(run, state, phase, { ...call, token: phase.token });
    return await Promise.race(
      hasDeadline(phase) ? [steps, aborted, expiry(run, phase, stop.signal)] : [steps, aborted],
    );
  } finally {
    run.tokenClosed = true;
    run.signal.removeEventListener('abort', abort);
    stop.abort(OVER);
    run.onAnswer = undefined;
    run.heartbeatDue = undefined;
  }
}

async function untilAnswered(
  run: ThreadRun,
  state: TaskState,
  phase: TaskPhase,
  call: Parameters<ThreadRun['host']['ports']['tasks']>[0],
): Promise<Json> {
  const answered = new Promise<Answer>((resolve) => {
    run.onAnswer = resolve;
  });
  if (phase.submitted === undefined) {
    const output = await run.host.ports.tasks(call);
    if (call.signal.aborted) throw new Aborted();
    run.draft(...taskEvents(state.Resource).submitted(output));
    phase.submitted = true;
    await run.save();
  }
  return unwrap(phase.answer ?? (await answered));
}

function unwrap(answer: Answer): Json {
  if ('output' in answer) return answer.output;
  throw new StateError(answer.error, answer.cause);
}

function hasDeadline({ token, deadline, heartbeatSeconds }: TaskPhase): boolean {
  return deadline !== undefined || (token !== undefined && heartbeatSeconds !== undefined);
}

/** Rejects at the deadline, when a heartbeat is missed, or when the task is over; never resolves. */
async function expiry(run: ThreadRun, phase: TaskPhase, signal: AbortSignal): Promise<never> {
  const heartbeatMs =
    phase.token === undefined || phase.heartbeatSeconds === undefined
      ? undefined
      : phase.heartbeatSeconds * 1000;
  // After a restart the interval starts again: the sender could not reach us in between.
  if (heartbeatMs !== undefined) run.heartbeatDue = run.now() + heartbeatMs;
  for (;;) {
    const due = Math.min(phase.deadline ?? Infinity, run.heartbeatDue ?? Infinity);
    if (signal.aborted) throw OVER;
    await run.sleepUntil(due, signal);
    if (signal.aborted) continue;
    if (phase.deadline !== undefined && run.now() >= phase.deadline)
      throw new StateError('States.Timeout', undefined);
    if (run.heartbeatDue !== undefined && run.now() >= run.heartbeatDue)
      throw new StateError('States.HeartbeatTimeout', undefined);
  }
}
