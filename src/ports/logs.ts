// What containers wrote.
import type { TaskArn } from './identity.ts';

export interface LogLine {
  /** RFC3339 with nanoseconds where the source has them. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** Bytes as written, with its newline if it had one. */
  bytes: Uint8Array;
  /** The log has the lines of both streams in one, each stream's in its order alone. */
  merged?: true;
  /** Entries of the log that it is made of, where more than one. */
  entries?: number;
}

export interface Logs {
  /**
   * Lines of one container of a task, oldest first; with `follow` until the container's log ends or the signal aborts.
   * `tail` is a favour: the last that many entries (LogLine.entries) of the log, or all of it.
   */
  read(
    source: { taskArn: TaskArn; container: string; follow: boolean; since?: Date; tail?: number },
    signal?: AbortSignal,
  ): AsyncIterable<LogLine>;
  /** Puts aside the end of what a container has written until now, where later output would push it out; absent where nothing does. */
  keep?(source: { taskArn: TaskArn; container: string }): Promise<void>;
}
