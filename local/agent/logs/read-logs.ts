// `logs` and `logs -f` of a task's container, wherever its log is: in the engine while the container exists, afterwards in the copy.
// See docs/design/logs.md.
import { present } from '../../../src/present.ts';
import { DockerError } from '../../docker/engine-api.ts';
import { logLines, openLogs, type LogLine, type RawLog } from '../../docker/logs.ts';
import type { Agent } from '../agent.ts';
import { withKept } from './kept-log.ts';
import { readLogCopy } from './log-copy.ts';
import { SeenLines } from './seen-lines.ts';
import { containerOf, type Task } from '../task.ts';

export interface LogSource {
  taskArn: string;
  container: string;
  follow?: boolean;
  since?: Date;
  /** About this many of the last entries are enough; not with `follow`. */
  tail?: number;
  signal?: AbortSignal;
}

/** How many entries a follower reads: the first number, and the next one where these do not reach back to lines that it has seen. */
const WINDOWS = [500, 20_000, undefined];
/** Lines come in bursts; one read takes a whole burst. */
const GATHER_MS = 20;
/** The interval of reads without a signal from the engine. */
const LOOK_ANYWAY_MS = 5_000;

/** Lines, oldest first; with `follow` until the container ends or the signal aborts. An unknown container has no lines. */
export async function* readLogs(agent: Agent, source: LogSource): AsyncGenerator<LogLine> {
  const task = agent.book.tasks.get(source.taskArn);
  const live =
    task?.containers.some(({ name }) => name === source.container) && !task.cleaned
      ? task
      : undefined;
  if (!source.follow || !live) return yield* readOnce(agent, live, source);
  // A follower of a container that has not started must wait: the engine would end the log at once.
  await agent.book.when(
    live,
    (t) => containerOf(t, source.container).lastStatus !== 'PENDING',
    source.signal,
  );
  const seen = new SeenLines(source.since);
  for await (const _sign of signs(agent, live, source)) {
    if (source.signal?.aborted) return;
    yield* newLines(agent, live, source, seen);
  }
  if (source.signal?.aborted) return;
  // The engine ends a followed log with the container, often without the last lines.
  const isNew = seen.pass();
  const { since } = seen;
  for await (const line of readOnce(agent, live, {
    ...source,
    follow: false,
    ...present({ since }),
  })) {
    if (isNew(line)) yield line;
  }
}

/** One signal at once, then one per burst of output until the container ends: a followed log loses and repeats lines at rotation. */
async function* signs(agent: Agent, task: Task, source: LogSource): AsyncGenerator<undefined> {
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, ...(source.signal ? [source.signal] : [])]);
  const raw = await openLive(agent, task, { ...source, signal, follow: true, tail: 0 });
  yield undefined;
  if (!raw) return;
  const chunks = raw.bytes[Symbol.asyncIterator]();
  let state = { pending: false, ended: false };
  let wake = (): void => undefined;
  const drain = (async () => {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      state.pending = true;
      wake();
    }
  })()
    // A broken stream ends the signals; a final read brings the lines that it missed.
    .catch(() => undefined)
    .finally(() => {
      state = { ...state, ended: true };
      wake();
    });
  try {
    while (!state.ended && !signal.aborted) {
      const look = new AbortController();
      wake = () => look.abort();
      if (!state.pending && !state.ended)
        await agent.clock.sleep(LOOK_ANYWAY_MS, AbortSignal.any([look.signal, signal]));
      if (!state.ended) await agent.clock.sleep(GATHER_MS, signal);
      state.pending = false;
      yield undefined;
    }
  } finally {
    enough.abort();
    await drain;
  }
}

/** Existing lines that were not seen yet. */
async function* newLines(
  agent: Agent,
  task: Task,
  source: LogSource,
  seen: SeenLines,
): AsyncGenerator<LogLine> {
  for (const tail of seen.since === undefined ? [undefined] : WINDOWS) {
    const raw = await openLive(agent, task, {
      ...source,
      follow: false,
      ...present({ tail }),
    });
    if (!raw) return;
    const isNew = seen.pass();
    let reachesBack = tail === undefined;
    for await (const line of untilAborted(logLines({ ...raw, cut: true }), source.signal)) {
      reachesBack ||= seen.isBefore(line);
      if (!reachesBack) break;
      if (!isNew(line)) continue;
      seen.note(line);
      yield line;
    }
    if (reachesBack) return;
  }
}

/** The last entries of a log are in the engine; a reader from the beginning first gets the copied lines before them. */
async function* readOnce(
  agent: Agent,
  task: Task | undefined,
  source: LogSource,
): AsyncGenerator<LogLine> {
  const present = readPresent(agent, task, source);
  if (source.tail !== undefined) return yield* present;
  // RFC3339 in UTC sorts as text; nanoseconds only lengthen it.
  const from = source.since?.toISOString().slice(0, -1) ?? '';
  for await (const line of withKept(agent, source, present)) {
    if (source.signal?.aborted) return;
    if (line.time >= from) yield line;
  }
}

async function* readPresent(
  agent: Agent,
  task: Task | undefined,
  source: LogSource,
): AsyncGenerator<LogLine> {
  const raw = task && (await openLive(agent, task, source));
  if (raw) return yield* untilAborted(logLines(raw), source.signal);
  const copy = await readLogCopy(
    agent.logDirectory,
    source.taskArn.slice(source.taskArn.lastIndexOf('/') + 1),
    source.container,
  );
  if (copy) yield* copy;
}

async function openLive(
  agent: Agent,
  task: Task,
  { container, follow = false, since, tail, signal }: LogSource,
): Promise<RawLog | undefined> {
  const { runtimeId } = containerOf(task, container);
  if (runtimeId === undefined || signal?.aborted) return undefined;
  const terminal = agent.book
    .definitionOf(task)
    .containerDefinitions.some(({ name, pseudoTerminal }) => name === container && pseudoTerminal);
  try {
    const bytes = await openLogs(agent.docker, runtimeId, {
      follow,
      ...present({ since: since && tail === undefined ? since : undefined, tail, signal }),
    });
    return { bytes, terminal };
  } catch (error) {
    // Removed meanwhile: then there is a copy. 409: it is being removed.
    if (
      error instanceof DockerError &&
      (error.status === 404 || error.status === 409 || signal?.aborted)
    )
      return undefined;
    throw error;
  }
}

async function* untilAborted(
  lines: AsyncGenerator<LogLine>,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogLine> {
  try {
    yield* lines;
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
