// What the functions of this room share: the engine, the book of tasks, the work that is under way.
import type { Clock } from '../clock.ts';
import type { Docker } from '../docker/engine-api.ts';
import type { Limit } from './limit.ts';
import type { ImageResolver } from './resolve-image.ts';
import type { TaskBook } from './task-book.ts';

export interface Agent {
  docker: Docker;
  book: TaskBook;
  clock: Clock;
  images: ImageResolver;
  engineId: string;
  region: string;
  /** `http://address:port`, as the tasks' containers reach it. */
  metadataUrl: string;
  /** Holds the copies of ended tasks' logs. */
  logDirectory: string;
  limitLaunches: Limit;
  /** Removing containers costs as much as starting them, and nobody waits for it. */
  limitCleanUps: Limit;
  /** Launches under way by task ARN; aborting makes them leave at their next step. */
  launching: Map<string, { abort: AbortController; done: Promise<void> }>;
  /** Tasks that are being stopped, by ARN. */
  stopping: Set<string>;
  /** Aborted when the engine closes: work in the background leaves, containers go on. */
  closing: AbortSignal;
  log: (line: string) => void;
}

/** Lets `work` go on by itself; what it throws is logged, and found again by the next adoption. */
export function inBackground(agent: Agent, what: string, work: Promise<void>): void {
  work.catch((error: unknown) => {
    if (!agent.closing.aborted)
      agent.log(
        `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
  });
}
