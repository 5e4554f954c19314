// A copy of the end of a container's log, since later output pushes it out of the engine's files. read-logs.ts reads it
// before the lines that the engine still has.
// See docs/design/logs.md.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { absent } from '../../absent.ts';
import { isMissing } from '../../docker/engine-api.ts';
import { logLines, openLogs, type LogLine } from '../../docker/logs.ts';
import type { Agent } from '../agent.ts';
import { containerOf } from '../task.ts';

/** Limits of a copy: the engine counts entries, a disk counts bytes. */
export const KEPT_ENTRIES = 20_000;
export const KEPT_BYTES = 10 * 1024 * 1024;

/** The last lines may still be on their way to the engine. */
const LAST_LINES_MS = 400;

export interface LogPlace {
  taskArn: string;
  container: string;
}

const pathOf = (directory: string, { taskArn, container }: LogPlace): string =>
  join(directory, taskArn.slice(taskArn.lastIndexOf('/') + 1), `${container}.kept.json`);

/** Copies what the container has written so far, in place of the previous copy. May be repeated. */
export async function keepLog(agent: Agent, place: LogPlace): Promise<void> {
  const task = agent.book.tasks.get(place.taskArn);
  if (!task?.containers.some(({ name }) => name === place.container) || task.cleaned) return;
  await agent.clock.sleep(LAST_LINES_MS, agent.closing);
  const { runtimeId } = containerOf(task, place.container);
  if (runtimeId === undefined || agent.closing.aborted) return;
  const { containerDefinitions } = agent.book.definitionOf(task);
  const terminal = containerDefinitions.some(
    ({ name, pseudoTerminal }) => name === place.container && pseudoTerminal,
  );
  try {
    const bytes = await openLogs(agent.docker, runtimeId, { follow: false, tail: KEPT_ENTRIES });
    const lines = await lastOf(logLines({ bytes, terminal }));
    const path = pathOf(agent.logDirectory, place);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(`${path}.part`, JSON.stringify(lines.map(toText)));
    await rename(`${path}.part`, path);
  } catch (error) {
    // Removed meanwhile: its whole log was copied then.
    if (!isMissing(error)) throw error;
  }
}

async function lastOf(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const kept: LogLine[] = [];
  let bytes = 0;
  let first = 0;
  for await (const line of lines) {
    kept.push(line);
    bytes += line.bytes.byteLength;
    for (; bytes > KEPT_BYTES; first++) bytes -= kept[first]?.bytes.byteLength ?? 0;
  }
  return kept.slice(first);
}

interface KeptLine {
  time: string;
  stream: LogLine['stream'];
  base64: string;
}

const toText = ({ time, stream, bytes }: LogLine): KeptLine => ({
  time,
  stream,
  base64: Buffer.from(bytes).toString('base64'),
});

/** The copied lines that are older than the engine's; all of them where the engine has none. */
export async function* withKept(
  agent: Pick<Agent, 'logDirectory'>,
  place: LogPlace,
  present: AsyncIterable<LogLine>,
): AsyncGenerator<LogLine> {
  let isFirst = true;
  for await (const line of present) {
    if (isFirst) yield* olderThan(await readKept(agent.logDirectory, place), line.time);
    isFirst = false;
    yield line;
  }
  if (isFirst) yield* olderThan(await readKept(agent.logDirectory, place), undefined);
}

function* olderThan(kept: KeptLine[], time: string | undefined): Generator<LogLine> {
  // RFC3339 in UTC sorts as text.
  for (const line of kept) {
    if (time !== undefined && line.time >= time) continue;
    yield { time: line.time, stream: line.stream, bytes: Buffer.from(line.base64, 'base64') };
  }
}

async function readKept(directory: string, place: LogPlace): Promise<KeptLine[]> {
  const text = await readFile(pathOf(directory, place), 'utf8').catch(absent);
  return text === undefined ? [] : (JSON.parse(text) as KeptLine[]);
}
