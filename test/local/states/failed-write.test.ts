// A journal that cannot be written for a moment, such as on a full disk, while the process goes on.
import { expect, it } from 'vitest';
import { Execution, keys } from '../../../local/states/execution.ts';
import { Interpreter } from '../../../local/states/interpreter.ts';
import { Evaluator } from '../../../local/states/template.ts';
import { newThread } from '../../../local/states/thread.ts';
import { MemoryJournal } from '../../fakes/memory-journal.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

class FullJournal extends MemoryJournal {
  isFull = false;

  override write(entries: Parameters<MemoryJournal['write']>[0]): Promise<void> {
    return this.isFull ? Promise.reject(new Error('no space')) : super.write(entries);
  }
}

it('an answer that could not be journaled is refused with the fault, and taken when it is repeated', async () => {
  const journal = new FullJournal();
  let token = '';
  const interpreter = new Interpreter({
    clock: new VirtualClock(),
    random: () => 0.5,
    uuid: () => 'uuid',
    journal,
    tasks: (call) => {
      token = call.token ?? '';
      return Promise.resolve({});
    },
  });
  const execution = await interpreter.start({
    machine: { arn: 'arn:stateMachine:m', name: 'm', roleArn: 'role' },
    definition: {
      QueryLanguage: 'JSONata',
      StartAt: 'Ask',
      States: {
        Ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          Arguments: { FunctionName: 'f', Payload: '{% $states.context.Task.Token %}' },
          End: true,
        },
      },
    },
    arn: 'arn:execution:m:run',
    name: 'run',
    input: {},
  });
  await expect
    .poll(() => [...journal.texts.values()].some((text) => text.includes('"submitted":true')))
    .toBe(true);
  journal.isFull = true;
  await expect(interpreter.answer(token, { output: 1 })).rejects.toThrow('no space');
  journal.isFull = false;
  expect(await interpreter.answer(token, { output: 2 })).toBe('answered');
  expect(await execution.closed).toMatchObject({ status: 'SUCCEEDED', output: 2 });
});

it('what was held for a failed write does not replace what a later write has stored', async () => {
  const journal = new FullJournal();
  const record = {
    arn: 'arn:execution:m:run',
    machineArn: 'arn:stateMachine:m',
    machineName: 'm',
    name: 'run',
    roleArn: 'role',
    definition: '',
    input: {},
    startedAt: 0,
    status: 'RUNNING' as const,
  };
  const ports = {
    clock: new VirtualClock(),
    random: () => 0.5,
    uuid: () => 'uuid',
    journal,
    tasks: () => Promise.resolve({}),
  };
  const execution = new Execution(
    ports,
    new Evaluator(ports),
    { StartAt: 'A', States: {} },
    record,
  );
  const one = newThread({ id: '0.0', index: 0, state: 'A', input: {}, lastEvent: 0 });
  const other = newThread({ id: '0.1', index: 1, state: 'A', input: {}, lastEvent: 0 });
  execution.hold(one, [], []);
  journal.isFull = true;
  const failing = execution.save(other, [], []);
  journal.isFull = false;
  one.state = 'B';
  await Promise.all([execution.save(one, [], []), expect(failing).rejects.toThrow('no space')]);
  await execution.save(other, [], []);
  expect(await journal.read(keys.thread(execution.key, one.id))).toMatchObject({ state: 'B' });
});
