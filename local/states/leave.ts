// Leaving a state: Output and Assign, both evaluated with the variables as they were before.
import { setOwn } from '../../src/own.ts';
import { present } from '../../src/present.ts';
import type { Json, JsonObject } from './json.ts';
import type { Outcome, Template } from './machine.ts';
import { StateError } from './state-error.ts';
import type { Given, ThreadRun } from './thread-run.ts';

/** AWS's limit for inputs, outputs and task results, in bytes of UTF-8. */
const MAX_BYTES = 256 * 1024;

/** Where a state, a choice rule or a catcher leads, and how it transforms its values. */
export interface Exit {
  Output?: Template;
  Assign?: { [name: string]: Template };
  Next?: string;
}

/** Computes the outcome; without Output it is `fallback`. Error messages prefix field names with `path`. */
export async function leave(
  run: ThreadRun,
  exit: Exit,
  fallback: Json,
  given: Given = {},
  path = '',
): Promise<Outcome> {
  const assigned =
    exit.Assign === undefined ? undefined : await assign(run, exit.Assign, given, path);
  const output =
    exit.Output === undefined ? fallback : await run.evaluate(exit.Output, `${path}Output`, given);
  if (output !== run.thread.input) checkSize(output, run.thread.state, true);
  return {
    output,
    ...present({ assigned, next: exit.Next }),
  };
}

/** Throws States.DataLimitExceeded when `value` exceeds AWS's limit. `terminal`: no Catch can take it. */
export function checkSize(value: Json, source: string, terminal: boolean): void {
  if (Buffer.byteLength(JSON.stringify(value)) <= MAX_BYTES) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `The state/task '${source}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    terminal,
  );
}

async function assign(
  run: ThreadRun,
  variables: { [name: string]: Template },
  given: Given,
  path: string,
): Promise<JsonObject> {
  const assigned: JsonObject = {};
  for (const [name, template] of Object.entries(variables))
    setOwn(assigned, name, await run.evaluate(template, `${path}Assign/${name}`, given));
  return assigned;
}
