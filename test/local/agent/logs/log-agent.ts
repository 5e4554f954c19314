// An agent whose only purpose is to read logs.
import type { Agent } from '../../../../local/agent/agent.ts';
import { createLimit } from '../../../../local/agent/limit.ts';
import { createImageResolver } from '../../../../local/agent/resolve-image.ts';
import { TaskBook } from '../../../../local/agent/task-book.ts';
import type { Clock } from '../../../../local/clock.ts';
import type { Docker } from '../../../../local/docker/engine-api.ts';
import { memoryKeyValue } from '../../../fakes/memory-key-value.ts';

/** An agent on this engine without any task; copies of logs are in `logDirectory`. */
export const logAgent = (docker: Docker, clock: Clock, logDirectory: string): Agent => ({
  docker,
  clock,
  region: 'us-east-1',
  logDirectory,
  engineId: 'e',
  metadataUrl: '',
  log: () => undefined,
  launching: new Map(),
  stopping: new Set(),
  closing: new AbortController().signal,
  book: new TaskBook({
    store: memoryKeyValue(),
    clock,
    onChange: () => undefined,
    log: () => undefined,
  }),
  images: createImageResolver(docker, clock),
  limitLaunches: createLimit(1),
  limitCleanUps: createLimit(1),
});
