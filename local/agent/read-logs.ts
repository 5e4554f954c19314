// `logs` and `logs -f` of a task's container, wherever its log is: in the engine while the container is there, then in the copy.
import { DockerError } from '../docker/engine-api.ts';
import { logLines, openLogs, type LogLine, type RawLog } from '../docker/logs.ts';
import type { Agent } from './agent.ts';
import { readLogCopy } from './log-copy.ts';
import { containerOf, type Task } from './task.ts';

export interface LogSource {
  taskArn: string;
  container: string;
  follow?: boolean;
  since?: Date;
  signal?: AbortSignal;
}

/** Lines, oldest first; with `follow` until the container ends or the signal aborts. What is not known has no lines. */
export async function* readLogs(agent: Agent, source: LogSource): AsyncGenerator<LogLine> {
  const task = agent.book.tasks.get(source.taskArn);
  const live = task?.containers.some(({ name }) => name === source.container) && !task.cleaned ? task : undefined;
  if (!source.follow || !live) return yield* readOnce(agent, live, source);
  // A container that has not started has a log without an end: the engine would end it at once.
  await agent.book.when(live, (t) => containerOf(t, source.container).lastStatus !== 'PENDING', source.signal);
  const raw = await openLive(agent, live, source);
  const seen = new SeenLines();
  if (raw) {
    for await (const line of untilAborted(logLines({ ...raw, cut: true }), source.signal)) {
      seen.note(line);
      yield line;
    }
  }
  if (source.signal?.aborted) return;
  // The engine ends a followed log with the container, often without the lines that came last: they are read once more.
  const since = seen.since() ?? source.since;
  for await (const line of readOnce(agent, live, { ...source, follow: false, ...(since ? { since } : {}) })) {
    if (!seen.has(line)) yield line;
  }
}

async function* readOnce(agent: Agent, task: Task | undefined, source: LogSource): AsyncGenerator<LogLine> {
  const raw = task && (await openLive(agent, task, source));
  if (raw) return yield* untilAborted(logLines(raw), source.signal);
  const copy = await readLogCopy(agent.logDirectory, source.taskArn.slice(source.taskArn.lastIndexOf('/') + 1), source.container);
  // RFC3339 in UTC sorts as text; nanoseconds only lengthen it.
  const from = source.since?.toISOString().slice(0, -1) ?? '';
  if (!copy) return;
  for await (const line of copy) {
    if (source.signal?.aborted) return;
    if (line.time >= from) yield line;
  }
}

async function openLive(agent: Agent, task: Task, { container, follow = false, since, signal }: LogSource): Promise<RawLog | undefined> {
  const { runtimeId } = containerOf(task, container);
  if (runtimeId === undefined || signal?.aborted) return undefined;
  const terminal = agent.book.definitionOf(task).containerDefinitions.some(({ name, pseudoTerminal }) => name === container && pseudoTerminal);
  try {
    return { bytes: await openLogs(agent.docker, runtimeId, { follow, ...(since ? { since } : {}), ...(signal ? { signal } : {}) }), terminal };
  } catch (error) {
    // Removed since: then there is a copy. 409: it is being removed.
    if (error instanceof DockerError && (error.status === 404 || error.status === 409 || signal?.aborted)) return undefined;
    throw error;
  }
}

async function* untilAborted(lines: AsyncGenerator<LogLine>, signal: AbortSignal | undefined): AsyncGenerator<LogLine> {
  try {
    yield* lines;
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

/** stdout and stderr are written side by side: a line of one may be a little older than the other's line before it. */
const SIDE_BY_SIDE_MS = 1000;

/** Which lines were handed out already. Within a stream times only grow; equal times are counted. */
class SeenLines {
  private readonly last: { [stream in LogLine['stream']]?: { time: string; lines: number } } = {};
  private readonly again: { [stream in LogLine['stream']]: number } = { stdout: 0, stderr: 0 };

  note({ stream, time }: LogLine): void {
    const last = this.last[stream];
    if (last?.time === time) last.lines += 1;
    else this.last[stream] = { time, lines: 1 };
  }

  has({ stream, time }: LogLine): boolean {
    const last = this.last[stream];
    if (!last || time > last.time) return false;
    if (time < last.time) return true;
    this.again[stream] += 1;
    return this.again[stream] <= last.lines;
  }

  /** From where a second reading must begin; undefined: nothing was seen. */
  since(): Date | undefined {
    const times = Object.values(this.last).map(({ time }) => Date.parse(time));
    return times.length === 0 ? undefined : new Date(Math.max(...times) - SIDE_BY_SIDE_MS);
  }
}
