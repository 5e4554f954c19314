// Copies of ended tasks' logs: the engine's raw stream, one file per container, so that one parser reads both.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { absent } from '../../absent.ts';
import { isMissing } from '../../docker/engine-api.ts';
import { logLines, openLogs, type LogLine } from '../../docker/logs.ts';
import type { Agent } from '../agent.ts';
import type { Task } from '../task.ts';

const FRAMES = '.frames.log';
const TERMINAL = '.terminal.log';

/** Copies the logs of all containers that ran; containers with an existing copy are skipped. */
export async function copyLogs(
  { docker, book, logDirectory }: Pick<Agent, 'docker' | 'book' | 'logDirectory'>,
  task: Task,
): Promise<void> {
  const directory = join(logDirectory, task.id);
  await mkdir(directory, { recursive: true });
  const { containerDefinitions } = book.definitionOf(task);
  for (const { name, runtimeId, startedAt } of task.containers) {
    if (runtimeId === undefined || startedAt === undefined) continue;
    const terminal = containerDefinitions.some(
      (container) => container.name === name && container.pseudoTerminal,
    );
    const path = join(directory, name + (terminal ? TERMINAL : FRAMES));
    if (await exists(path)) continue;
    try {
      await pipeline(
        Readable.from(await openLogs(docker, runtimeId, { follow: false })),
        createWriteStream(`${path}.part`),
      );
      await rename(`${path}.part`, path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

/** Lines of a copied log; undefined where there is no copy. Task and container may be long forgotten. */
export async function readLogCopy(
  logDirectory: string,
  taskId: string,
  container: string,
): Promise<AsyncGenerator<LogLine> | undefined> {
  for (const suffix of [FRAMES, TERMINAL]) {
    const path = join(logDirectory, taskId, container + suffix);
    if (await exists(path))
      return logLines({ bytes: createReadStream(path), terminal: suffix === TERMINAL });
  }
  return undefined;
}

/** Tasks and containers that have copies. */
export async function listLogCopies(
  logDirectory: string,
): Promise<{ taskId: string; container: string }[]> {
  const found: { taskId: string; container: string }[] = [];
  for (const taskId of await names(logDirectory)) {
    for (const file of await names(join(logDirectory, taskId))) {
      const suffix = [FRAMES, TERMINAL].find((candidate) => file.endsWith(candidate));
      if (suffix) found.push({ taskId, container: file.slice(0, -suffix.length) });
    }
  }
  return found;
}

/** Removes copies that were last written before `limit`. */
export async function pruneLogCopies(logDirectory: string, limit: Date): Promise<void> {
  for (const taskId of await names(logDirectory)) {
    const path = join(logDirectory, taskId);
    const { mtime } = await stat(path);
    if (mtime < limit) await rm(path, { recursive: true, force: true });
  }
}

async function names(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(absent)) ?? [];
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(absent)) !== undefined;
}
