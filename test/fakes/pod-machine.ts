// The pod's state machine in memory: the real document on the real interpreter, its Lambda tasks bound to the real functions.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { bindPod } from '../../src/steps/bind/bind-pod.ts';
import { finishPod } from '../../src/steps/settle/finish-pod.ts';
import { launchPod } from '../../src/steps/launch/launch-pod.ts';
import { startContainer } from '../../src/steps/start/start-container.ts';
import { Interpreter } from '../../local/states/interpreter.ts';
import type { Machine } from '../../local/states/machine.ts';
import { MemoryJournal } from './memory-journal.ts';
import type { ExecutionChange, TaskCall } from '../../local/states/ports.ts';
import { StateError } from '../../local/states/state-error.ts';
import { Unavailable } from '../../src/errors.ts';
import type { FaultHook } from './ports.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Executions } from '../../src/ports/executions.ts';
import type { Json } from '../../src/ports/json.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { present } from '../../src/present.ts';

const steps: Record<string, (ports: Ports, input: never) => Promise<unknown>> = {
  BindPod: bindPod,
  LaunchPod: launchPod,
  StartContainer: startContainer,
  FinishPod: finishPod,
};

const document = readFileSync(new URL('../../statemachines/pod.asl.yaml', import.meta.url), 'utf8');

/** The document with each placeholder replaced by the name of its function, and its revision. */
const podDefinition = (revision: string): Machine =>
  parse(document.replaceAll('${Revision}', revision).replace(/\$\{(\w+)\}/g, '$1')) as Machine;

/** Every machine's first: it is only read. */
const FIRST = podDefinition('r1');

const ARN = 'arn:aws:states:us-east-1:000000000000';
const machine = {
  arn: `${ARN}:stateMachine:pod`,
  name: 'pod',
  roleArn: 'arn:aws:iam::000000000000:role/pod',
};

export interface PodMachineOptions {
  clock: Clock;
  /** The ports for the functions; called each time, since they contain this very port. */
  ports: () => Ports;
  random?: () => number;
  fault?: FaultHook;
  onEnd?: (change: ExecutionChange) => void | Promise<void>;
  /** Runs a function; called with its name. */
  within?: Within;
}

/** Runs the work of a deployed function, under the function's name. */
export type Within = <T>(name: string, act: () => Promise<T>) => Promise<T>;

const kebab = (name: string): string => name.replaceAll(/(?!^)([A-Z])/g, '-$1').toLowerCase();

/** The Executions port over an interpreter of its own. */
export class PodMachine implements Executions {
  readonly interpreter: Interpreter;
  #definition = FIRST;
  readonly #options: PodMachineOptions;
  #count = 0;

  constructor(options: PodMachineOptions) {
    this.#options = options;
    const { clock, random = () => 0.5, onEnd } = options;
    const uuid = (): string => `10000000-0000-4000-8000-${String(++this.#count).padStart(12, '0')}`;
    this.interpreter = new Interpreter({
      clock,
      random,
      uuid,
      journal: new MemoryJournal(),
      tasks: (call) => this.#run(call),
      ...present({ onExecutionEnd: onEnd }),
    });
  }

  /** Executions that start from now on use another revision of the document. */
  deploy(revision: string): void {
    this.#definition = podDefinition(revision);
  }

  start(name: string, input: Json): Promise<'started' | 'alreadyExists'> {
    return this.#faulty('start', () => this.#start(name, input));
  }

  async #start(name: string, input: Json): Promise<'started' | 'alreadyExists'> {
    const known = await this.interpreter.describe(`pod/${name}`);
    if (
      known &&
      (known.status !== 'RUNNING' || JSON.stringify(known.input) !== JSON.stringify(input))
    )
      return 'alreadyExists';
    await this.interpreter.start({
      machine,
      definition: this.#definition,
      arn: `${ARN}:execution:pod:${name}`,
      name,
      input: input as never,
    });
    return 'started';
  }

  succeed(token: string, output: Json): Promise<void> {
    return this.#faulty(
      'succeed',
      async () => void (await this.interpreter.answer(token, { output: output as never } as never)),
    );
  }

  stop(name: string, cause: string): Promise<void> {
    return this.#faulty(
      'stop',
      async () => void (await this.interpreter.stop(`pod/${name}`, { cause })),
    );
  }

  describe(name: string): ReturnType<Executions['describe']> {
    return this.#faulty(
      'describe',
      async () =>
        (await this.interpreter.describe(`pod/${name}`)) as Awaited<
          ReturnType<Executions['describe']>
        >,
    );
  }

  async #faulty<T>(operation: string, act: () => Promise<T>): Promise<T> {
    const fault = (await this.#options.fault?.(`executions.${operation}`)) ?? 'ok';
    if (fault === 'fail-before') throw new Unavailable(`${operation} failed before it happened`);
    const answer = await act();
    if (fault === 'fail-after') throw new Unavailable(`${operation} happened, its answer was lost`);
    return answer;
  }

  /** Names of the states entered, in order. */
  async path(name: string): Promise<string[]> {
    const history = await this.interpreter.history(`pod/${name}`);
    return history.flatMap(({ type, details }) =>
      type.endsWith('StateEntered') ? [String(details['name'])] : [],
    );
  }

  async #run({ args }: TaskCall): Promise<never> {
    const { FunctionName, Payload } = args as unknown as { FunctionName: string; Payload: never };
    const step = steps[FunctionName];
    if (!step) throw new Error(`no function ${FunctionName}`);
    try {
      const { within = (_name, act) => act() } = this.#options;
      return {
        Payload:
          (await within(kebab(FunctionName), () => step(this.#options.ports(), Payload))) ?? null,
      } as never;
    } catch (error) {
      const { name, message } = error as Error;
      throw new StateError(name, message);
    }
  }
}
