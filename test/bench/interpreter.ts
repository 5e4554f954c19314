// The Step Functions interpreter alone, in this process: time per state, memory of waiting executions.
import { randomUUID } from 'node:crypto';
import { Interpreter } from '../../local/states/interpreter.ts';
import { MemoryJournal } from '../fakes/memory-journal.ts';
import type { Machine } from '../../local/states/machine.ts';
import { systemClock } from '../../src/system-clock.ts';
import { preciseNow } from './engine.ts';
import { summary, type Measure } from './summary.ts';

const LOOPS = 2_500;
const WAITING = 10_000;
const MIB = 1024 * 1024;

const COUNTING: Machine = {
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  States: {
    Begin: { Type: 'Pass', Assign: { count: 0 }, Next: 'Count' },
    Count: { Type: 'Pass', Assign: { count: '{% $count + 1 %}' }, Next: 'Enough?' },
    'Enough?': {
      Type: 'Choice',
      Choices: [{ Condition: `{% $count < ${LOOPS} %}`, Next: 'Count' }],
      Default: 'Finish',
    },
    Finish: { Type: 'Succeed' },
  },
};
const RESTING: Machine = {
  QueryLanguage: 'JSONata',
  StartAt: 'Rest',
  States: { Rest: { Type: 'Wait', Seconds: 86_400, End: true } },
};

const interpreter = (): Interpreter =>
  new Interpreter({
    clock: systemClock,
    random: Math.random,
    uuid: randomUUID,
    journal: new MemoryJournal(),
    tasks: () => Promise.resolve(null),
  });

const request = (definition: Machine, name: string): Parameters<Interpreter['start']>[0] => ({
  machine: { arn: 'arn:machine', name: 'bench', roleArn: 'arn:role' },
  definition,
  arn: `arn:${name}`,
  name,
  input: { uid: name, generation: 1 },
});

/** Both figures; the journal is in memory, and counts. */
export async function benchInterpreter(runs: number): Promise<Measure[]> {
  const perState: number[] = [];
  for (let run = 0; run < runs; run++) {
    const began = preciseNow();
    await (
      await interpreter().start(request(COUNTING, `count-${run}`))
    ).closed;
    perState.push(((preciseNow() - began) * 1000) / (2 * LOOPS + 2));
  }
  const before = process.memoryUsage().rss;
  const resting = interpreter();
  for (let index = 0; index < WAITING; index++)
    await resting.start(request(RESTING, `rest-${index}`));
  return [
    { name: 'interpreter, one state', unit: 'µs', ...summary(perState), goal: 50 },
    {
      name: 'interpreter, 10 000 waiting executions',
      unit: 'MiB',
      value: (process.memoryUsage().rss - before) / MIB,
      goal: 300,
    },
  ];
}
