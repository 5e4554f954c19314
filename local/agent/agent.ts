// State that the functions of this room share: the engine, the book of tasks, the work in progress.
import type { Clock } from '../../src/ports/clock.ts';
import type { Docker } from '../docker/engine-api.ts';
import type { Limit } from './limit.ts';
import type { ImageResolver } from './images/resolve-image.ts';
import type { TaskBook } from './task-book.ts';

export interface Agent {
  docker: Docker;
  book: TaskBook;
  clock: Clock;
  images: ImageResolver;
  engineId: string;
  region: string;
  /** `http://address:port`, at which the tasks' containers reach it. */
  metadataUrl: string;
  /** Capabilities that the engine turned out not to have, which privileged containers go without. */
  lacking: readonly string[];
  /** Stores the copies of ended tasks' logs. */
  logDirectory: string;
  limitLaunches: Limit;
  /** Removing containers is as expensive as starting them, and nobody waits for it. */
  limitCleanUps: Limit;
  /** Launches in progress by task ARN; aborting one ends it at its next step. */
  launching: Map<string, { abort: AbortController; done: Promise<void> }>;
  /** Tasks that are being stopped, by ARN. */
  stopping: Set<string>;
  /** Aborted when the engine closes: background work ends, containers keep running. */
  closing: AbortSignal;
  log: (line: string) => void;
}

/** Runs `work` in the background; an error is logged, and the next adoption repeats the work. */
export function inBackground(agent: Agent, what: string, work: Promise<void>): void {
  work.catch((error: unknown) => {
    if (!agent.closing.aborted)
      agent.log(
        `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
  });
}
