// The lines of one run of a container, over all tasks of the pod; following ends with the run.
// See docs/design/logs.md.
import type { ObservedContainer } from '../pod/run/observed.ts';
import type { TaskArn } from '../ports/identity.ts';
import type { Logs } from '../ports/logs.ts';
import { present } from '../present.ts';
import { Position, SIDE_BY_SIDE_MS } from './log-position.ts';
import { createRunSplitter } from './split-runs.ts';
import type { RunLine, RunStart } from './split-runs.ts';

export interface RunSource {
  logs: Logs;
  /** Oldest first, with the present one last. */
  tasks: TaskArn[];
  container: string;
  run: number;
  nonce: string;
  /** The newest runs only: the engine may have dropped the markers of older ones. */
  began: RunStart[];
}

/** When the runs that are still known began. */
export function runsOf(container: ObservedContainer | undefined): RunStart[] {
  const known = [container?.current, container?.previous].flatMap((run) =>
    run?.startedAt === undefined ? [] : [{ run: run.run, at: run.startedAt }],
  );
  return known.filter(({ at }) => !Number.isNaN(Date.parse(at)));
}

export interface Reading {
  taskArn: TaskArn;
  follow: boolean;
  since?: Date | undefined;
  signal?: AbortSignal;
}

/** The run's lines in one reading of a task's log; `position` learns whether the marks of its end were among them. */
export async function* linesOf(
  { logs, container, nonce, run, began }: RunSource,
  { taskArn, follow, since, signal }: Reading,
  position: Position,
): AsyncGenerator<RunLine> {
  let markers = 0;
  const split = createRunSplitter(nonce, began, (next) => {
    if (next > run) markers++;
  });
  const next = began.find((start) => start.run === run + 1);
  const over = next === undefined ? Infinity : Date.parse(next.at) + SIDE_BY_SIDE_MS;
  for await (const line of logs.read(
    { taskArn, container, follow, ...present({ since }) },
    signal,
  )) {
    const seen = split(line);
    if (seen?.run === run) yield seen;
    position.ended ||= markers >= MARKERS;
    if (follow && position.ended) return;
    if (seen !== undefined && seen.run > run && (follow || Date.parse(line.time) > over)) return;
  }
}

/** The run's lines that exist now. */
export async function* presentLines(
  source: RunSource,
  position = new Position(),
): AsyncGenerator<RunLine> {
  for (const taskArn of source.tasks)
    for await (const line of linesOf(source, { taskArn, follow: false }, position)) {
      position.note(line);
      yield line;
    }
}

/** Lines to read beyond the requested ones: markers, and the first line of each stream, whose beginning may be cut off. */
const SPARE_ENTRIES = 16;
/** At the end of a run: one for each stream, in whatever streams the log has. */
const MARKERS = 2;
const WIDER = 8;
/** A request for more lines than this reads the log from its beginning. */
const MOST_ENTRIES = 1_000_000;

/** The end of a run's log and its position. */
export interface LogEnd {
  lines: RunLine[];
  position: Position;
}

/** The last `count` existing lines of the run, read from the end. */
export async function lastLines(source: RunSource, count: number): Promise<LogEnd> {
  let found: LogEnd = { lines: [], position: new Position() };
  for (const taskArn of [...source.tasks].reverse()) {
    found = await lastOf(source, taskArn, Math.max(count, 1));
    if (found.lines.length > 0) break;
  }
  return { ...found, lines: count === 0 ? [] : found.lines.slice(-count) };
}

async function lastOf(source: RunSource, taskArn: TaskArn, count: number): Promise<LogEnd> {
  // Without its start time, a run is only recognised by its marker, which may be anywhere.
  let tail = knowsStart(source) && count < MOST_ENTRIES ? count + SPARE_ENTRIES : undefined;
  for (;;) {
    const window = await readWindow(source, taskArn, tail, count);
    // A log that loses nothing has given all of it where it gave less than it was asked for.
    const isAll = source.logs.keep === undefined && window.entries < (tail ?? 0);
    const whole = tail === undefined || window.entries > tail || window.reachesBack || isAll;
    if (whole || window.lines.length - window.firsts.length >= count) {
      return {
        lines: whole ? window.lines : window.lines.filter((line) => !window.firsts.includes(line)),
        position: window.position,
      };
    }
    // The log has no more at hand than these entries; read as a whole, it may begin earlier.
    tail = window.entries < (tail ?? 0) ? undefined : (tail ?? 1) * WIDER;
  }
}

/** Whether the run's lines are known without its mark. */
export const knowsStart = ({ began, run }: RunSource): boolean =>
  began.some((start) => start.run === run);

interface Window extends LogEnd {
  entries: number;
  /** The first line of each stream: it may have lost its beginning. */
  firsts: RunLine[];
  /** Whether it begins before the run, so that every line of the run is whole. */
  reachesBack: boolean;
}

async function readWindow(
  { logs, container, nonce, run, began }: RunSource,
  taskArn: TaskArn,
  tail: number | undefined,
  count: number,
): Promise<Window> {
  let markers = 0;
  let marked = 0;
  const split = createRunSplitter(nonce, began, (next) => {
    marked = next;
    if (next > run) markers++;
  });
  const window: Window = {
    lines: [],
    position: new Position(),
    entries: 0,
    firsts: [],
    reachesBack: false,
  };
  for await (const line of logs.read({
    taskArn,
    container,
    follow: false,
    ...present({ tail }),
  })) {
    const seen = split(line);
    // A marker alone is of the run's beginning, or of its end.
    if (window.entries === 0) window.reachesBack = seen ? seen.run < run : marked <= run;
    window.entries += line.entries ?? 1;
    if (seen?.run !== run) continue;
    if (window.position.isEmpty && tail !== undefined) window.position.from(line);
    window.position.note(line);
    if (window.firsts.every(({ stream }) => stream !== line.stream)) window.firsts.push(seen);
    window.lines.push(seen);
    const spare = window.lines.length - count - window.firsts.length;
    if (spare >= count) window.lines.splice(0, spare);
  }
  window.position.ended = markers >= MARKERS;
  return window;
}
