// Recorded executions of AWS Step Functions: reads them, replays one on the interpreter, compares.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { ExecutionRecord } from '../../local/states/execution.ts';
import type { HistoryEvent } from '../../local/states/history.ts';
import type { Json, JsonObject } from '../../local/states/json.ts';
import { isObject } from '../../local/states/json.ts';
import type { Flow, Machine } from '../../local/states/machine.ts';
import type { TaskCall } from '../../local/states/ports.ts';
import { runMachine } from '../fakes/run-machine.ts';
import { StateError } from '../../local/states/state-error.ts';
import { present } from '../../src/present.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

interface RecordedTask {
  state: string;
  parameters?: Json;
  input?: Json;
  result?: Json;
  submitted?: Json;
  error?: string | null;
  cause?: Json;
  end?: string;
}

interface RecordedEvent extends JsonObject {
  id: number | null;
  prev: number | null;
  type: string;
}

export interface RecordedCase {
  name: string;
  definition: Machine | string;
  input: Json;
  type?: string;
  needs?: string[];
  tasks?: RecordedTask[];
  stop?: { error?: string; cause?: string };
  expected: { status: string; output?: Json; error?: string; cause?: Json };
  history?: RecordedEvent[];
  interleaved?: boolean;
  unorderedBranches?: boolean;
}

export interface Replay {
  record: ExecutionRecord;
  history: HistoryEvent[];
}

/** The runnable cases under `directory`: all states use JSONata, or the definition is neutral and is renamed to it. */
export function readCases(directory: string): RecordedCase[] {
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).filter(
    (file) => file.endsWith('.json') && !/^(api-|test-state|express)/.test(file),
  );
  const all = files.flatMap(
    (file): RecordedCase[] => JSON.parse(readFileSync(`${directory}/${file}`, 'utf8')).cases,
  );
  const runnable = all.filter(
    ({ definition, needs = [] }) =>
      typeof definition === 'object' && !needs.includes('tasks-not-recorded'),
  );
  return [
    ...runnable.filter(({ definition }) => speaksJsonata(definition as Machine, 'JSONPath')),
    ...runnable
      .filter(({ definition }) => isNeutral(definition as Machine))
      .map((one) => ({ ...one, definition: toJsonata(one.definition as Machine) })),
  ];
}

/** Whether the definition neither reads nor writes by paths, so that it means the same in either language after renaming. */
function isNeutral(definition: Machine): boolean {
  const text = JSON.stringify(definition);
  return (
    !/\.\$"|Path"|"ResultSelector"|"Iterator"|QueryLanguage|"Choices"|:activity:|\{%|\.sync"/.test(
      text,
    ) && !/"Parameters"/.test(text.replace(/"Type":"(Task|Parallel)"[^}]*"Parameters"/g, ''))
  );
}

function toJsonata(definition: Machine): Machine {
  const text = JSON.stringify(definition)
    .replaceAll('"Parameters":', '"Arguments":')
    .replaceAll('"Result":', '"Output":');
  return { QueryLanguage: 'JSONata', ...(JSON.parse(text) as Machine) };
}

interface LooseState {
  QueryLanguage?: string;
  Branches?: LooseFlow[];
  ItemProcessor?: LooseFlow;
  Iterator?: LooseFlow;
}

interface LooseFlow {
  QueryLanguage?: string;
  States?: Record<string, LooseState>;
}

function speaksJsonata(flow: LooseFlow | Flow, outer: string): boolean {
  const { QueryLanguage = outer, States = {} }: LooseFlow = flow as LooseFlow;
  return Object.values(States).every((state) => {
    const language = state.QueryLanguage ?? QueryLanguage;
    const inner = [
      ...(state.Branches ?? []),
      ...[state.ItemProcessor, state.Iterator].filter((one) => one !== undefined),
    ];
    return language === 'JSONata' && inner.every((one) => speaksJsonata(one, language));
  });
}

/** Runs a case on a virtual clock, answering tasks as recorded. */
export async function replay(recorded: RecordedCase): Promise<Replay> {
  const clock = new VirtualClock();
  const open = [...(recorded.tasks ?? [])];
  const answers: (() => Promise<void>)[] = [];
  const answer = async (call: TaskCall): Promise<Json> => {
    const index = open.findIndex(
      (one) => one.state === call.state && equal(one.parameters ?? one.input ?? null, call.args),
    );
    const at = index >= 0 ? index : open.findIndex((one) => one.state === call.state);
    if (at < 0) throw new Error(`no answer is recorded for ${call.state}`);
    const [task] = open.splice(at, 1);
    return play(task!, call);
  };
  const play = (task: RecordedTask, call: TaskCall): Promise<Json> => {
    if (call.token !== undefined) {
      const { token } = call;
      if (!task.end?.endsWith('TimedOut'))
        answers.push(async () => void (await run.interpreter.answer(token, outcome(task))));
      return Promise.resolve(task.submitted ?? {});
    }
    if (task.end?.endsWith('TimedOut')) return new Promise(() => undefined);
    const end = outcome(task);
    return 'output' in end
      ? Promise.resolve(end.output)
      : Promise.reject(new StateError(end.error, end.cause));
  };
  const run = await runMachine({
    definition: recorded.definition as Machine,
    input: recorded.input,
    clock,
    tasks: answer,
  });
  await clock.settle();
  if (recorded.stop) await run.stop(recorded.stop);
  for (let next = answers.shift(); next !== undefined; next = answers.shift()) {
    await next();
    await clock.settle();
  }
  const record = await clock.runUntil(run.closed, { maxSteps: 10_000 });
  return { record, history: await run.history() };
}

function outcome({
  result,
  error,
  cause,
}: RecordedTask): { output: Json } | { error?: string; cause?: string } {
  if (result !== undefined) return { output: result };
  return {
    ...present({
      error: error == null ? undefined : error,
      cause: cause == null ? undefined : typeof cause === 'string' ? cause : JSON.stringify(cause),
    }),
  };
}

/** Equality where `<…>` in an expected string matches any text, and causes may be JSON in a string. */
function equal(expected: Json | undefined, actual: Json | undefined): boolean {
  if (typeof expected === 'string' && typeof actual === 'string')
    return expected === actual || pattern(expected).test(actual) || sameJson(expected, actual);
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((one, index) => equal(one, actual[index]))
    );
  if (isObject(expected)) {
    if (typeof actual === 'string') return equalText(expected, actual);
    if (!isObject(actual)) return false;
    return (
      Object.keys(expected).length === Object.keys(actual).length &&
      Object.entries(expected).every(([name, one]) => equal(one, actual[name]))
    );
  }
  return expected === actual;
}

/** Recorded causes differ in blanks inside other texts. */
function sameJson(expected: string, actual: string): boolean {
  return (
    expected.startsWith('{') && actual.startsWith('{') && equalText(JSON.parse(expected), actual)
  );
}

function equalText(expected: JsonObject, actual: string): boolean {
  try {
    return equal(expected, JSON.parse(actual));
  } catch {
    return false;
  }
}

function pattern(expected: string): RegExp {
  const parts = expected
    .split(/<[^<>]*>/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\s\\S]*')}$`);
}

/** What differs: status, output, error (always), then cause and the order of events; empty: nothing. */
export function differences(
  { expected, history, interleaved, unorderedBranches }: RecordedCase,
  { record, history: events }: Replay,
): { outcome: string[]; strict: string[] } {
  const outcome = [
    ...(expected.status === record.status
      ? []
      : [`status ${record.status} instead of ${expected.status}`]),
    ...(equal(expected.output, record.output) ? [] : [`output ${JSON.stringify(record.output)}`]),
    ...(equal(expected.error, record.error) ? [] : [`error ${record.error}: ${record.cause}`]),
  ];
  const strict = equal(expected.cause, record.cause) ? [] : [`cause ${record.cause}`];
  if (history === undefined) return { outcome, strict };
  const line = (one: { type: string; name?: Json | undefined }): string =>
    `${one.type} ${JSON.stringify(one.name ?? null)}`;
  const wanted = history.map((one) => `${line(one)}`);
  const had = events.map(({ type, details }) => line({ type, name: details['name'] }));
  const unordered = interleaved ?? unorderedBranches ?? false;
  if (
    JSON.stringify(unordered ? wanted.toSorted() : wanted) !==
    JSON.stringify(unordered ? had.toSorted() : had)
  )
    strict.push(`events ${had.join(', ')}`);
  else if (!unordered)
    history.forEach((one, index) => strict.push(...eventDifferences(one, events[index]!)));
  return { outcome, strict };
}

function eventDifferences(
  { id, prev, type, ...details }: RecordedEvent,
  event: HistoryEvent,
): string[] {
  const found: string[] = [];
  if (prev !== event.previousEventId)
    found.push(`event ${id} ${type} follows ${event.previousEventId} instead of ${prev}`);
  for (const [name, value] of Object.entries(details)) {
    if (!equal(value, event.details[name]))
      found.push(`event ${id} ${type} ${name} ${JSON.stringify(event.details[name])}`);
  }
  return found;
}
