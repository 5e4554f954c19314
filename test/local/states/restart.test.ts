// Executions survive a crash of the process at any write of the journal (docs/design/local.md).
import { describe, expect, it } from 'vitest';
import type { ExecutionRecord } from '../../../local/states/execution.ts';
import { Interpreter } from '../../../local/states/interpreter.ts';
import type { Json } from '../../../local/states/json.ts';
import type { Machine } from '../../../local/states/machine.ts';
import type { TaskCall } from '../../../local/states/ports.ts';
import { StateError } from '../../../local/states/state-error.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { CutJournal } from './cut-journal.ts';
import { LIFE } from './life-machine.ts';

const KEY = 'life/run';

/** What survives the process: the journal's content, the clock, and the holders of task tokens. */
class World {
  readonly clock = new VirtualClock();
  texts: ReadonlyMap<string, string> = new Map();
  readonly tokens = new Set<string>();
  readonly calls: string[] = [];
  readonly ends: string[] = [];
  #uuids = 0;

  open(writesUntilDeath?: number): { interpreter: Interpreter; journal: CutJournal } {
    const journal = new CutJournal(this.texts, writesUntilDeath);
    const interpreter = new Interpreter({
      clock: this.clock,
      random: () => 0.5,
      uuid: () => `uuid-${this.#uuids++}`,
      journal,
      tasks: (call) => this.#task(call),
      onExecutionEnd: ({ status }) => void this.ends.push(status),
    });
    return { interpreter, journal };
  }

  async #task({ state, args, token }: TaskCall): Promise<Json> {
    this.calls.push(state);
    await this.clock.sleep(100);
    if (token !== undefined) this.tokens.add(token);
    if (state === 'Break') throw new StateError('Broken', 'as scripted');
    return { Payload: args };
  }

  /** Answers every token until an answer is accepted, like the sender of an exit. */
  answerTokens(interpreter: Interpreter): void {
    for (const token of this.tokens) {
      void interpreter.answer(token, { output: { exit: 3 } }).then((answer) => {
        if (answer === 'answered' || answer === 'gone') this.tokens.delete(token);
      });
    }
  }
}

function start(interpreter: Interpreter, definition: Machine = LIFE): Promise<unknown> {
  const machine = {
    arn: 'arn:aws:states:us-east-1:111111111111:stateMachine:life',
    name: 'life',
    roleArn: 'role',
  };
  return interpreter.start({
    machine,
    definition,
    arn: 'arn:aws:states:us-east-1:111111111111:execution:life:run',
    name: 'run',
    input: { items: ['a', 'b', 'c'] },
  });
}

/** Lives until the execution is over or the journal is dead; returns what the journal knows then. */
async function live(
  world: World,
  interpreter: Interpreter,
  journal: CutJournal,
): Promise<ExecutionRecord | undefined> {
  for (let step = 0; step < 500; step++) {
    await world.clock.settle();
    const record = await interpreter.describe(KEY);
    if (journal.isDead || (record !== undefined && record.status !== 'RUNNING')) break;
    world.answerTokens(interpreter);
    await world.clock.advanceToNext();
  }
  await world.clock.settle();
  interpreter.close();
  world.texts = journal.texts;
  return journal.isDead ? undefined : interpreter.describe(KEY);
}

async function undisturbed(): Promise<{ record: ExecutionRecord; writes: number }> {
  const world = new World();
  const { interpreter, journal } = world.open();
  await start(interpreter);
  const record = await live(world, interpreter, journal);
  return { record: record!, writes: journal.writes };
}

describe('killed at a write and started again', async () => {
  const { record: wanted, writes } = await undisturbed();

  it('the sample machine succeeds when nothing disturbs it', () => {
    expect(wanted).toMatchObject({
      status: 'SUCCEEDED',
      output: { exits: [3, 3], items: ['a!', 'b!', 'c!'], caught: 'Broken', count: 2 },
    });
    expect(writes).toBeGreaterThan(20);
  });

  it.each(Array.from({ length: writes }, (_, index) => index))(
    'before write %i: the outcome is the same',
    async (survivingWrites) => {
      const world = new World();
      const first = world.open(survivingWrites);
      void start(first.interpreter);
      await live(world, first.interpreter, first.journal);
      const second = world.open();
      await second.interpreter.load();
      if ((await second.interpreter.describe(KEY)) === undefined) await start(second.interpreter);
      const record = await live(world, second.interpreter, second.journal);
      expect(record).toMatchObject({ status: wanted.status, output: wanted.output });
      expect(
        [...world.texts.keys()].filter(
          (key) => key.startsWith('thread/') || key.startsWith('ended/'),
        ),
      ).toEqual([]);
      expect(world.ends).toContain('SUCCEEDED');
      const ids = (await second.interpreter.history(KEY)).map(({ id }) => id);
      expect(ids).toEqual(ids.map((_, index) => index + 1));
    },
  );

  it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    'again and again, every %i writes after loading: the outcome is the same',
    async (lifetime) => {
      const world = new World();
      let record: ExecutionRecord | undefined;
      for (let process = 0; process < 200 && record === undefined; process++) {
        // A process that dies before it can act twice makes no progress: each one gets one more write than the last.
        const { interpreter, journal } = world.open(lifetime + Math.floor(process / 20));
        await interpreter.load();
        if ((await interpreter.describe(KEY)) === undefined) void start(interpreter);
        record = await live(world, interpreter, journal);
      }
      expect(record).toMatchObject({ status: 'SUCCEEDED' });
    },
  );
});

describe('after a restart', () => {
  const one = (state: Machine['States'][string]): Machine => ({
    QueryLanguage: 'JSONata',
    StartAt: 'Only',
    States: { Only: state },
  });

  it('a Wait keeps its absolute deadline', async () => {
    const world = new World();
    const first = world.open();
    await start(first.interpreter, one({ Type: 'Wait', Seconds: 100, End: true }));
    await world.clock.advance(40_000);
    first.interpreter.close();
    world.texts = first.journal.texts;
    await world.clock.advance(30_000);
    const second = world.open();
    await second.interpreter.load();
    const record = await live(world, second.interpreter, second.journal);
    expect(record!.stoppedAt! - record!.startedAt).toBe(100_000);
  });

  it('a plain call in flight is Lambda.Unknown, which Retry may take', async () => {
    const world = new World();
    const first = world.open();
    await start(
      first.interpreter,
      one({
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: 'x',
        Output: '{% $states.result.Payload %}',
        Retry: [{ ErrorEquals: ['Lambda.Unknown'], IntervalSeconds: 5 }],
        End: true,
      }),
    );
    await world.clock.settle();
    first.interpreter.close();
    world.texts = first.journal.texts;
    const second = world.open();
    await second.interpreter.load();
    const record = await live(world, second.interpreter, second.journal);
    expect(record).toMatchObject({ status: 'SUCCEEDED', output: 'x' });
    expect(world.calls).toEqual(['Only', 'Only']);
    const failed = (await second.interpreter.history(KEY)).find(
      ({ type }) => type === 'TaskFailed',
    );
    expect(failed?.details).toMatchObject({ error: 'Lambda.Unknown' });
  });

  it('without a Retry that call fails the execution, and the end is published', async () => {
    const world = new World();
    const first = world.open();
    await start(
      first.interpreter,
      one({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true }),
    );
    await world.clock.settle();
    first.interpreter.close();
    world.texts = first.journal.texts;
    const second = world.open();
    await second.interpreter.load();
    expect(await live(world, second.interpreter, second.journal)).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.Unknown',
    });
    expect(world.ends).toEqual(['FAILED']);
  });

  it('a token answered before the death is not asked for again', async () => {
    const world = new World();
    const first = world.open();
    await start(
      first.interpreter,
      one({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', End: true }),
    );
    await world.clock.advance(200);
    const [token] = world.tokens;
    expect(await first.interpreter.answer(token!, { output: 7 })).toBe('answered');
    world.texts = new Map(first.journal.texts);
    first.interpreter.close();
    const second = world.open();
    await second.interpreter.load();
    expect(await live(world, second.interpreter, second.journal)).toMatchObject({
      status: 'SUCCEEDED',
      output: 7,
    });
    expect(world.calls).toEqual(['Only']);
  });
});
