// The lines of one run of a container, over all tasks the pod has had; following ends with the run.
import type { Logs, TaskArn } from '../ports.ts';
import { createRunSplitter } from './split-runs.ts';
import type { RunLine } from './split-runs.ts';

export interface RunSource {
  logs: Logs;
  /** Oldest first; the present one last. */
  tasks: TaskArn[];
  container: string;
  run: number;
  nonce: string;
  since?: Date;
}

async function* linesOf({ logs, container, nonce, run }: RunSource, taskArn: TaskArn, follow: boolean, signal?: AbortSignal): AsyncGenerator<RunLine> {
  const split = createRunSplitter(nonce);
  // Markers before `since` tell which run the rest belongs to, so the whole log is read and filtered here.
  for await (const line of logs.read({ taskArn, container, follow }, signal)) {
    const seen = split(line);
    if (seen?.run === run) yield seen;
    else if (follow && seen !== undefined && seen.run > run) return;
  }
}

/** Lines of the run that are there now. */
export async function* presentLines(source: RunSource): AsyncGenerator<RunLine> {
  for (const taskArn of source.tasks) yield* linesOf(source, taskArn, false);
}

/** Lines of the run after the first `skip`, until `over` resolves; what was written by then still comes. */
export async function* followLines(source: RunSource, skip: number, over: Promise<void>, signal: AbortSignal): AsyncGenerator<RunLine> {
  const taskArn = source.tasks.at(-1);
  if (taskArn === undefined) return;
  const ended = new AbortController();
  // What fails `over` reaches the caller at the `await` below.
  over.then(() => ended.abort(), () => ended.abort());
  let count = 0;
  for await (const line of linesOf(source, taskArn, true, AbortSignal.any([signal, ended.signal]))) {
    if (++count > skip) yield line;
  }
  if (signal.aborted) return;
  await over;
  const seen = Math.max(count, skip);
  let again = 0;
  for await (const line of linesOf(source, taskArn, false)) {
    if (++again > seen) yield line;
  }
}
