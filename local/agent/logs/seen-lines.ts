// The lines of a log that were already handed out, by the engine's timestamps: a log that is read again, or from its
// end, has no line numbers.
import type { LogLine } from '../../docker/logs.ts';

/** stdout and stderr are written side by side: a line of one may be slightly older than the preceding line of the other. */
const SIDE_BY_SIDE_MS = 1000;

type Last = { [stream in LogLine['stream']]?: { time: string; lines: number } };

/** Within a stream times only increase; equal times are counted. */
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

  /** One reading, oldest line first: returns whether the line was not yet noted before the reading began. */
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

  /** Whether the line was seen, and so everything older. */
  isBefore({ stream, time }: LogLine): boolean {
    const last = this.last[stream];
    return last ? time < last.time : time < this.from;
  }

  /** Where a reading must begin to contain everything that was not noted; undefined: at the start. */
  get since(): Date | undefined {
    const times = Object.values(this.last).map(({ time }) => Date.parse(time));
    return times.length === 0 ? this.start : new Date(Math.max(...times) - SIDE_BY_SIDE_MS);
  }
}
