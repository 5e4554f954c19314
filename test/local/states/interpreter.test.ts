// What the recordings do not cover: time, tokens, limits, side-by-side branches.
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../local/states/json.ts';
import type { Flow, Machine, State } from '../../../local/states/machine.ts';
import type { TaskCall } from '../../../local/states/ports.ts';
import type { MachineRun } from '../../fakes/run-machine.ts';
import { runMachine } from '../../fakes/run-machine.ts';
import { StateError } from '../../../local/states/state-error.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';
const TOKEN = `${INVOKE}.waitForTaskToken`;
const only = (state: State): Machine => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Only',
  States: { Only: state },
});
const flow = (name: string, state: State): Flow => ({ StartAt: name, States: { [name]: state } });

async function begin(
  definition: Machine,
  {
    input = {},
    tasks = (call) => Promise.resolve(call.args),
  }: { input?: Json; tasks?: (call: TaskCall) => Promise<Json> } = {},
): Promise<{ run: MachineRun; clock: VirtualClock; calls: TaskCall[] }> {
  const clock = new VirtualClock();
  const calls: TaskCall[] = [];
  const run = await runMachine({
    definition,
    input,
    clock,
    tasks: (call) => (calls.push(call), tasks(call)),
  });
  await clock.settle();
  return { run, clock, calls };
}

const types = async (run: MachineRun): Promise<string[]> =>
  (await run.history()).map(({ type }) => type);
const elapsed = (clock: VirtualClock): number =>
  clock.now().getTime() - Date.parse('2026-01-01T00:00:00Z');

describe('time', () => {
  it('a task that answers late ends in States.Timeout and learns of it by its signal', async () => {
    const { run, clock, calls } = await begin(
      only({ Type: 'Task', Resource: INVOKE, TimeoutSeconds: 5, End: true }),
      { tasks: () => new Promise(() => undefined) },
    );
    expect(await clock.runUntil(run.closed)).toMatchObject({
      status: 'FAILED',
      error: 'States.Timeout',
    });
    expect([elapsed(clock), calls[0]!.signal.aborted]).toEqual([5000, true]);
    expect(await types(run)).toContain('TaskTimedOut');
  });

  it('a token without heartbeats ends in States.HeartbeatTimeout; each heartbeat gives another interval', async () => {
    const { run, clock, calls } = await begin(
      only({ Type: 'Task', Resource: TOKEN, HeartbeatSeconds: 10, End: true }),
    );
    await clock.advance(9000);
    expect(await run.interpreter.heartbeat(calls[0]!.token!)).toBe('answered');
    expect(await clock.runUntil(run.closed)).toMatchObject({
      status: 'FAILED',
      error: 'States.HeartbeatTimeout',
    });
    expect(elapsed(clock)).toBe(19_000);
    expect(await run.interpreter.answer(calls[0]!.token!, { output: 1 })).toBe('gone');
  });

  it("the machine's own TimeoutSeconds ends it as TIMED_OUT", async () => {
    const { run, clock } = await begin({
      ...only({ Type: 'Wait', Seconds: 100, End: true }),
      TimeoutSeconds: 30,
    });
    expect(await clock.runUntil(run.closed)).toMatchObject({ status: 'TIMED_OUT' });
    expect(elapsed(clock)).toBe(30_000);
    expect((await types(run)).at(-1)).toBe('ExecutionTimedOut');
  });

  it('a Wait may be longer than a timer can hold', async () => {
    const { run, clock } = await begin(only({ Type: 'Wait', Seconds: 300 * 86_400, End: true }));
    await clock.runUntil(run.closed);
    expect(elapsed(clock)).toBe(300 * 86_400_000);
  });

  it('retries wait as Retry says and count in the context', async () => {
    const tasks = ({ retryCount }: TaskCall): Promise<Json> =>
      retryCount < 2 ? Promise.reject(new StateError('Busy', '')) : Promise.resolve(retryCount);
    const { run, clock } = await begin(
      only({
        Type: 'Task',
        Resource: INVOKE,
        Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 10 }],
        Output: '{% [$states.result, $states.context.State.RetryCount] %}',
        End: true,
      }),
      { tasks },
    );
    expect(await clock.runUntil(run.closed)).toMatchObject({ status: 'SUCCEEDED', output: [2, 2] });
    expect(elapsed(clock)).toBe(30_000);
  });
});

describe('tokens', () => {
  it('an answer that comes before the call returns counts', async () => {
    let run: MachineRun | undefined;
    const tasks = async ({ token }: TaskCall): Promise<Json> => {
      await new Promise((resolve) => setImmediate(resolve));
      expect(await run!.interpreter.answer(token!, { output: 'early' })).toBe('answered');
      return null;
    };
    run = await runMachine({
      definition: only({ Type: 'Task', Resource: TOKEN, End: true }),
      input: {},
      clock: new VirtualClock(),
      tasks,
    });
    expect(await run.closed).toMatchObject({ status: 'SUCCEEDED', output: 'early' });
    expect(await types(run)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('the second answer finds nobody; a foreign text is no token', async () => {
    const { run, calls } = await begin(only({ Type: 'Task', Resource: TOKEN, End: true }));
    const token = calls[0]!.token!;
    expect(await run.interpreter.answer(token, { error: 'No', cause: 'why' })).toBe('answered');
    expect(await run.interpreter.answer(token, { output: 1 })).toBe('gone');
    expect(await run.interpreter.answer('abc', { output: 1 })).toBe('invalid');
    expect(await run.closed).toMatchObject({ status: 'FAILED', error: 'No', cause: 'why' });
  });
});

describe('side by side', () => {
  it('the first branch that fails stops the others, also their tasks', async () => {
    const definition = only({
      Type: 'Parallel',
      End: true,
      Branches: [
        flow('Hang', { Type: 'Task', Resource: INVOKE, End: true }),
        flow('Sleep', { Type: 'Wait', Seconds: 99, End: true }),
        flow('Break', { Type: 'Fail', Error: 'Broken' }),
      ],
    });
    const { run, calls } = await begin(definition, { tasks: () => new Promise(() => undefined) });
    expect(await run.closed).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(calls[0]!.signal.aborted).toBe(true);
    expect(await types(run)).toEqual(
      expect.arrayContaining(['TaskStateAborted', 'WaitStateAborted', 'ParallelStateFailed']),
    );
  });

  it.each([
    [1, 1],
    [3, 3],
    [0, 5],
  ])('MaxConcurrency %i lets %i iterations run at once', async (MaxConcurrency, most) => {
    let now = 0;
    let peak = 0;
    const clock = new VirtualClock();
    const tasks = async ({ args }: TaskCall): Promise<Json> => {
      peak = Math.max(peak, ++now);
      await clock.sleep(1000);
      now--;
      return args;
    };
    const definition = only({
      Type: 'Map',
      MaxConcurrency,
      ItemProcessor: flow('Each', { Type: 'Task', Resource: INVOKE, End: true }),
      End: true,
    });
    const run = await runMachine({ definition, input: [1, 2, 3, 4, 5], clock, tasks });
    expect(await clock.runUntil(run.closed)).toMatchObject({ output: [1, 2, 3, 4, 5] });
    expect(peak).toBe(most);
  });

  it.each([
    [1, 'SUCCEEDED', undefined],
    [0, 'FAILED', 'Odd'],
  ])(
    'ToleratedFailureCount %i with one failure: %s',
    async (ToleratedFailureCount, status, error) => {
      const tasks = ({ args }: TaskCall): Promise<Json> =>
        args === 2 ? Promise.reject(new StateError('Odd', '')) : Promise.resolve(args);
      const { run } = await begin(
        only({
          Type: 'Map',
          ToleratedFailureCount,
          ItemProcessor: flow('Each', { Type: 'Task', Resource: INVOKE, End: true }),
          End: true,
        }),
        { input: [1, 2, 3], tasks },
      );
      expect(await run.closed).toMatchObject({
        status,
        ...(error === undefined ? { output: [1, 3] } : { error }),
      });
    },
  );

  it('an inner flow reads outer variables and leaves none behind', async () => {
    const definition: Machine = {
      QueryLanguage: 'JSONata',
      StartAt: 'Set',
      States: {
        Set: { Type: 'Pass', Assign: { x: 20 }, Next: 'Both' },
        Both: {
          Type: 'Parallel',
          Branches: [
            flow('Inner', { Type: 'Pass', Assign: { y: 1 }, Output: '{% $x + 1 %}', End: true }),
          ],
          Output: '{% [$states.result, $exists($y)] %}',
          End: true,
        },
      },
    };
    const { run } = await begin(definition);
    expect(await run.closed).toMatchObject({ output: [21, false] });
  });
});

describe('limits and ends', () => {
  it('25 000 events end the execution with one last event', async () => {
    const loop: Machine = {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } },
    };
    const { run } = await begin(loop);
    expect(await run.closed).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    const history = await run.history();
    expect([history.length <= 25_000, history.length > 24_900, history.at(-1)!.type]).toEqual([
      true,
      true,
      'ExecutionFailed',
    ]);
  });

  it('a task that returns more than 256 KiB fails with States.DataLimitExceeded, which States.ALL catches', async () => {
    const definition: Machine = {
      QueryLanguage: 'JSONata',
      StartAt: 'Big',
      States: {
        Big: {
          Type: 'Task',
          Resource: INVOKE,
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Small' }],
          End: true,
        },
        Small: { Type: 'Pass', Output: '{% $states.input.Error %}', End: true },
      },
    };
    const { run } = await begin(definition, { tasks: () => Promise.resolve('x'.repeat(262_144)) });
    expect(await run.closed).toMatchObject({
      status: 'SUCCEEDED',
      output: 'States.DataLimitExceeded',
    });
  });

  it('a fault of the engine fails the execution instead of leaving it hanging', async () => {
    const unchecked = only({ Type: 'Pass', Next: 'Nowhere' });
    expect(await (await begin(unchecked)).run.closed).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
    });
  });

  it('no choice and no Default: States.NoChoiceMatched', async () => {
    const definition: Machine = {
      QueryLanguage: 'JSONata',
      StartAt: 'Which',
      States: {
        Which: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'Never' }] },
        Never: { Type: 'Succeed' },
      },
    };
    expect(await (await begin(definition)).run.closed).toMatchObject({
      status: 'FAILED',
      error: 'States.NoChoiceMatched',
    });
  });

  it('StopExecution aborts the task and ends as ABORTED, once', async () => {
    const { run, calls } = await begin(only({ Type: 'Task', Resource: INVOKE, End: true }), {
      tasks: () => new Promise(() => undefined),
    });
    expect(await run.stop({ error: 'Enough', cause: 'of it' })).toBe(true);
    expect(await run.stop()).toBe(false);
    expect(await run.closed).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'of it' });
    expect(calls[0]!.signal.aborted).toBe(true);
  });

  it.each<[string, Json]>([
    ['{% $partition([1..5], 2) %}', [[1, 2], [3, 4], [5]]],
    ['{% $range(1, 9, 4) %}', [1, 5, 9]],
    ["{% $hash('a', 'SHA-1') %}", '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'],
    ['{% $parse(\'{"a":[1]}\') %}', { a: [1] }],
    ['{% $uuid() %}', '00000000-0000-4000-8000-000000000001'],
    ['{% $random() %}', 0.5],
    ['{% $random(7) = $random(7) %}', true],
    ['{% $now() %}', '2026-01-01T00:00:00.000Z'],
    ['{% $millis() %}', Date.parse('2026-01-01T00:00:00Z')],
  ])('%s', async (Output, output) => {
    expect(
      (await (await begin(only({ Type: 'Pass', Output, End: true }))).run.closed).output,
    ).toEqual(output);
  });

  it('there is no $eval', async () => {
    expect(
      await (
        await begin(only({ Type: 'Pass', Output: "{% $eval('1') %}", End: true }))
      ).run.closed,
    ).toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});
