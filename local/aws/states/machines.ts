// The state machines of the endpoint, kept in the interpreter's journal.
import type { Json } from '../../states/json.ts';
import { isObject } from '../../states/json.ts';
import type { Machine } from '../../states/machine.ts';
import type { Journal } from '../../states/ports.ts';
import { parseMachine } from '../../states/validate.ts';
import { AwsError } from '../protocol.ts';

/** A machine as the journal keeps it. Times are epoch ms. */
export type StoredMachine = {
  name: string;
  arn: string;
  roleArn: string;
  /** The text as it was sent. */
  definition: string;
  createdAt: number;
  /** Absent until the first update. */
  revisionId?: string;
};

const PREFIX = 'machine/';
const RESOURCE =
  /^(arn:aws:states:::lambda:invoke(\.waitForTaskToken)?|arn:aws:lambda:[^:]*:[^:]*:function:[^:]+(:[^:]+)?)$/;

export class Machines {
  readonly #journal: Journal;
  readonly #stored = new Map<string, { machine: StoredMachine; definition: Machine }>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Reads all machines; one that this version would refuse stays stored and cannot be started. */
  async load(): Promise<void> {
    for (const { value } of await this.#journal.list(PREFIX)) {
      const machine = fromJournal(value);
      this.#stored.set(machine.name, { machine, definition: JSON.parse(machine.definition) });
    }
  }

  get(name: string): { machine: StoredMachine; definition: Machine } | undefined {
    return this.#stored.get(name);
  }

  /** By name. */
  all(): StoredMachine[] {
    return [...this.#stored.values()]
      .map(({ machine }) => machine)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Adds or replaces a machine; the definition is checked first. */
  async put(machine: StoredMachine): Promise<void> {
    const definition = readDefinition(machine.definition);
    await this.#journal.write([{ key: PREFIX + machine.name, value: machine }]);
    this.#stored.set(machine.name, { machine, definition });
  }

  /** An unknown machine is not an error. */
  async delete(name: string): Promise<void> {
    this.#stored.delete(name);
    await this.#journal.write([{ key: PREFIX + name, value: null }]);
  }
}

/** The definition of a text; InvalidDefinition names every problem. */
function readDefinition(text: string): Machine {
  const parsed = parseMachine(readJson(text), (resource) => RESOURCE.test(resource));
  if ('machine' in parsed) return parsed.machine;
  throw new AwsError(
    'InvalidDefinition',
    `Invalid State Machine Definition: '${parsed.problems.join(', ')}'`,
  );
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AwsError(
      'InvalidDefinition',
      `Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: ${error instanceof Error ? error.message : String(error)}'`,
    );
  }
}

function fromJournal(value: Json): StoredMachine {
  if (!isObject(value)) throw new Error('the journal holds a machine that is no object');
  return value as StoredMachine;
}
