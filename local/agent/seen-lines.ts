// Which lines of a log were handed out already, by the times that the engine gave them: a log that is read again, or from
// its end, has no numbers.
import type { LogLine } from '../docker/logs.ts';

/** stdout and stderr are written side by side: a line of one may be a little older than the other's line before it. */
const SIDE_BY_SIDE_MS = 1000;

type Last = { [stream in LogLine['stream']]?: { time: string; lines: number } };

/** Within a stream times only grow; equal times are counted. */
export class SeenLines {
  private readonly last: Last = {};
  private readonly from: string;

  /** Everything before `start` counts as seen. */
  constructor(private readonly start?: Date) {
    // RFC3339 in UTC sorts as text; nanoseconds only lengthen it.
    this.from = start?.toISOString().slice(0, -1) ?? '';
  }

  note({ stream, time }: LogLine): void {
    const last = this.last[stream];
    if (last?.time === time) last.lines += 1;
    else this.last[stream] = { time, lines: 1 };
  }

  /** One reading, oldest line first: whether the line was not noted before the reading began. */
  pass(): (line: LogLine) => boolean {
    const last: Last = structuredClone(this.last);
    const again = { stdout: 0, stderr: 0 };
    return ({ stream, time }) => {
      const known = last[stream];
      if (!known) return time >= this.from;
      if (time !== known.time) return time > known.time;
      again[stream] += 1;
      return again[stream] > known.lines;
    };
  }

  /** The line was seen, and so was all that is older. */
  isBefore({ stream, time }: LogLine): boolean {
    const last = this.last[stream];
    return last ? time < last.time : time < this.from;
  }

  /** From where a reading must begin to have all that was not noted; undefined: from the start. */
  get since(): Date | undefined {
    const times = Object.values(this.last).map(({ time }) => Date.parse(time));
    return times.length === 0 ? this.start : new Date(Math.max(...times) - SIDE_BY_SIDE_MS);
  }
}
