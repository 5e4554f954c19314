// A journal that cannot be written for a moment, such as on a full disk, while the process goes on.
import { expect, it } from 'vitest';
import { Interpreter } from '../../../local/states/interpreter.ts';
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
