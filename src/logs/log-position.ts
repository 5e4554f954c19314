// How far a run's log was read, by the times of its lines: line numbers would change when a log is read again or from its end.
import type { LogLine } from '../ports/logs.ts';

/** stdout and stderr are written side by side: a line of one may be slightly older than the preceding line of the other. */
export const SIDE_BY_SIDE_MS = 1000;

type Last = { [stream in LogLine['stream']]?: { time: string; lines: number } };

/** Within a stream times only increase; equal times are counted. */
export class Position {
  private readonly last: Last = {};
  private oldest = '';

  /** Whether the marks of the run's end were read: no more of its lines will come. */
  ended = false;

  /** Older lines than this one count as read. */
  from({ time }: LogLine): void {
    this.oldest = time;
  }

  get isEmpty(): boolean {
    return Object.keys(this.last).length === 0;
  }

  note({ stream, time }: LogLine): void {
    const last = this.last[stream];
    if (last?.time === time) last.lines += 1;
    else this.last[stream] = { time, lines: 1 };
  }

  /** One reading, oldest line first: returns whether the line is newer than what was noted before the reading began. */
  pass(): (line: LogLine) => boolean {
    const last: Last = structuredClone(this.last);
    const again = { stdout: 0, stderr: 0 };
    return ({ stream, time }) => {
      const known = last[stream];
      if (known === undefined) return time >= this.oldest;
      if (time !== known.time) return time > known.time;
      again[stream] += 1;
      return again[stream] > known.lines;
    };
  }

  /** Where a reading must begin to contain everything newer; undefined: at the start. */
  get since(): Date | undefined {
    const times = Object.values(this.last).map(({ time }) => Date.parse(time));
    return times.length === 0 ? undefined : new Date(Math.max(...times) - SIDE_BY_SIDE_MS);
  }
}
