// `logs` and `logs -f` of a task's container, wherever its log is: in the engine while the container is there, then in the copy.
import { DockerError } from '../docker/engine-api.ts';
import { logLines, openLogs, type LogLine } from '../docker/logs.ts';
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
  if (task?.containers.some(({ name }) => name === source.container) && !task.cleaned) {
    const raw = await openLive(agent, task, source);
    if (raw) return yield* untilAborted(logLines(raw.stream, raw.terminal), source.signal);
  }
  const copy = await readLogCopy(agent.logDirectory, source.taskArn.slice(source.taskArn.lastIndexOf('/') + 1), source.container);
  if (copy) yield* since(copy, source);
}

async function openLive(agent: Agent, task: Task, { container, follow = false, since, signal }: LogSource): Promise<{ stream: AsyncIterable<Buffer>; terminal: boolean } | undefined> {
  // A container that has not started has a log without an end: the engine would end it at once.
  if (follow) await agent.book.when(task, (t) => containerOf(t, container).lastStatus !== 'PENDING', signal);
  const { runtimeId } = containerOf(task, container);
  if (runtimeId === undefined || signal?.aborted) return undefined;
  const terminal = agent.book.definitionOf(task).containerDefinitions.some(({ name, pseudoTerminal }) => name === container && pseudoTerminal);
  try {
    return { stream: await openLogs(agent.docker, runtimeId, { follow, ...(since ? { since } : {}), ...(signal ? { signal } : {}) }), terminal };
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

async function* since(lines: AsyncGenerator<LogLine>, source: LogSource): AsyncGenerator<LogLine> {
  const from = source.since?.toISOString().slice(0, -1) ?? '';
  for await (const line of lines) {
    if (source.signal?.aborted) return;
    // RFC3339 in UTC sorts as text; nanoseconds only lengthen it.
    if (line.time >= from) yield line;
  }
}
