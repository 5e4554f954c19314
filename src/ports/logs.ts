// The output of containers.
import type { TaskArn } from './identity.ts';

export interface LogLine {
  /** RFC3339 with nanoseconds where the source has them. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** Bytes as written, with its newline if it had one. */
  bytes: Uint8Array;
  /** The log mixes both streams, so only each stream's own order is kept. */
  merged?: true;
  /** How many log entries it was joined from, if more than one. */
  entries?: number;
}

export interface Logs {
  /** How long after it was written a line may still be missing. */
  readonly lateMs: number;
  /**
   * Lines of one container of a task, oldest first; with `follow` until the container's log ends or the signal aborts.
   * `tail` is a hint: the last so many entries (LogLine.entries) of the log, or all of it.
   */
  read(
    source: { taskArn: TaskArn; container: string; follow: boolean; since?: Date; tail?: number },
    signal?: AbortSignal,
  ): AsyncIterable<LogLine>;
  /** Saves the end of a container's output so far, where later output would push it out; absent where nothing does. */
  keep?(source: { taskArn: TaskArn; container: string }): Promise<void>;
}
