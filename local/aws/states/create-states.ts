// Step Functions on one machine: interpreter, journal and endpoint put together, without a socket.
import { present } from '../../../src/present.ts';
import { Interpreter } from '../../states/interpreter.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { ExecutionChange, Journal } from '../../states/ports.ts';
import type { AwsJsonEndpoint } from '../protocol.ts';
import { awsJsonEndpoint } from '../protocol.ts';
import type { StatesContext } from './context.ts';
import type { InvokeFunction } from './lambda-tasks.ts';
import { lambdaTasks } from './lambda-tasks.ts';
import { Machines } from './machines.ts';
import { operations } from './operations.ts';

/** AWS keeps closed executions for 90 days; then their names are free again. */
const KEPT_MS = 90 * 86_400_000;
const TARGET_PREFIX = 'AWSStepFunctions.';

export interface StatesOptions {
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  uuid: () => string;
  journal: Journal;
  invoke: InvokeFunction;
  /** The detail of EventBridge's "Step Functions Execution Status Change"; published at least once per execution. */
  onExecutionEnd: (change: ExecutionChange) => void | Promise<void>;
  /** Faults of the interpreter or its journal. */
  onFault?: (error: unknown) => void;
  account: string;
  region: string;
}

export interface States {
  /** Requests wait until `resume` has read the journal. */
  endpoint: AwsJsonEndpoint;
  /** Reads the journal and carries on every execution in it; they may call functions at once. To be called once. */
  resume(): Promise<void>;
  /** Leaves everything as the journal has it and closes the journal. */
  close(): Promise<void>;
}

/** The Step Functions service of one account and region. */
export function createStates({
  clock,
  random,
  uuid,
  journal,
  invoke,
  onExecutionEnd,
  onFault,
  account,
  region,
}: StatesOptions): States {
  const interpreter = new Interpreter({
    clock,
    random,
    uuid,
    journal,
    onExecutionEnd,
    tasks: lambdaTasks(invoke),
    ...present({ onFault }),
  });
  const context: StatesContext = {
    interpreter,
    machines: new Machines(journal),
    clock,
    uuid,
    account,
    region,
  };
  const answer = awsJsonEndpoint({
    targetPrefix: TARGET_PREFIX,
    version: '1.0',
    operations,
    context,
  });
  let loaded: (outcome: Promise<void>) => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    loaded = resolve;
  });
  // Whoever called `resume` gets the failure; requests fail each on their own.
  ready.catch(() => undefined);
  return {
    endpoint: async (request) => {
      if (request.target.startsWith(TARGET_PREFIX)) await ready;
      return answer(request);
    },
    resume: () => {
      const load = context.machines.load().then(() => interpreter.load());
      loaded(load);
      return load.then(() => interpreter.forget(clock.now().getTime() - KEPT_MS));
    },
    close: async () => {
      interpreter.close();
      await journal.close();
    },
  };
}
