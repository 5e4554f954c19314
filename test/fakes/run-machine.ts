// The interpreter without an endpoint: runs one definition on one input, with the caller's clock and tasks.
import type { ExecutionRecord } from '../../local/states/execution.ts';
import type { HistoryEvent } from '../../local/states/history.ts';
import { Interpreter } from '../../local/states/interpreter.ts';
import type { Json } from '../../local/states/json.ts';
import type { Machine } from '../../local/states/machine.ts';
import { MemoryJournal } from './memory-journal.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { TaskPort } from '../../local/states/ports.ts';

/** A run in progress. */
export interface MachineRun {
  interpreter: Interpreter;
  /** The closed record; it resolves only as the clock is moved. */
  closed: Promise<ExecutionRecord>;
  history(): Promise<HistoryEvent[]>;
  stop(why?: { error?: string; cause?: string }): Promise<boolean>;
}

/** Starts `definition` on `input`. Without `random` and `uuid` randomness is fixed, so the run is repeatable. */
export async function runMachine(options: {
  definition: Machine;
  input: Json;
  clock: Clock;
  tasks: TaskPort;
  name?: string;
  random?: () => number;
  uuid?: () => string;
}): Promise<MachineRun> {
  const {
    definition,
    input,
    clock,
    tasks,
    name = 'run',
    random = () => 0.5,
    uuid = counted(),
  } = options;
  const interpreter = new Interpreter({ clock, random, uuid, tasks, journal: new MemoryJournal() });
  const arn = 'arn:aws:states:us-east-1:111111111111';
  const machine = {
    arn: `${arn}:stateMachine:machine`,
    name: 'machine',
    roleArn: 'arn:aws:iam::111111111111:role/machine',
  };
  const execution = await interpreter.start({
    machine,
    definition,
    arn: `${arn}:execution:machine:${name}`,
    name,
    input,
  });
  return {
    interpreter,
    closed: execution.closed,
    history: () => interpreter.history(execution.key),
    stop: (why) => interpreter.stop(execution.key, why),
  };
}

function counted(): () => string {
  let count = 0;
  return () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`;
}
