// A container's log holds all its runs; supervise marks where the next one may begin: `RS <nonce> <run> LF` on both streams.
// See docs/design/logs.md.
import type { LogLine } from '../ports/logs.ts';

const RECORD_SEPARATOR = '\x1e';

interface Marker {
  /** The marker's position in the line. */
  at: number;
  run: number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const MAX_RUN_DIGITS = 10;

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** A marker ends its line, so only the end is checked: lines may be long and full of separators. */
function findMarker(bytes: Uint8Array, head: Buffer): Marker | undefined {
  let end = bytes.length;
  if (bytes[end - 1] === LINE_FEED) end--;
  if (bytes[end - 1] === CARRIAGE_RETURN) end--;
  let start = end;
  while (end - start < MAX_RUN_DIGITS && isDigit(bytes[start - 1])) start--;
  const at = start - head.length;
  if (start === end || at < 0 || !head.equals(bytes.subarray(at, start))) return undefined;
  return { at, run: Number(Buffer.from(bytes.subarray(start, end)).toString('latin1')) };
}

export interface RunLine extends LogLine {
  run: number;
}

/** A run and when it began (ISO 8601). */
export interface RunStart {
  run: number;
  at: string;
}

/**
 * Follows one log. Call it with line after line, oldest first; it returns the line with its run, or undefined for a bare marker.
 * The engine drops the oldest lines, markers included: the run at a stream's beginning is found from `began`.
 * `onMarker` gets the run of every marker that passes.
 */
export function createRunSplitter(
  nonce: string,
  began: readonly RunStart[] = [],
  onMarker?: (run: number) => void,
): (line: LogLine) => RunLine | undefined {
  const runs: { [stream in LogLine['stream']]?: number } = {};
  const head = Buffer.from(`${RECORD_SEPARATOR}${nonce} `, 'latin1');
  const certain = certainly(began);
  let half: number | undefined;
  return (line) => {
    const known = (runs[line.stream] ??= runAt(began, line.time));
    // A copied log may end before the marker of the run that is read next.
    const run = Math.max(known, ...certain(line.time));
    runs[line.stream] = run;
    const marker = nonce === '' ? undefined : findMarker(line.bytes, head);
    if (marker === undefined) return { ...line, run };
    // Where both streams are in one, the other's last lines may come behind the first of the two markers.
    if (line.merged !== true || half === marker.run) runs[line.stream] = marker.run;
    half = marker.run;
    onMarker?.(marker.run);
    // Output of the previous run without a final newline precedes the marker in its line.
    return marker.at === 0 ? undefined : { ...line, bytes: line.bytes.subarray(0, marker.at), run };
  };
}

/** The highest run that can have been running at that time. */
function runAt(began: readonly RunStart[], time: string): number {
  const newest = [...began].sort((one, other) => other.run - one.run);
  const found = newest.find(({ at }) => nanoseconds(at) <= nanoseconds(time));
  return found?.run ?? Math.max(1, (newest.at(-1)?.run ?? 2) - 1);
}

/** This long after a start, no more output of the previous run arrives. */
const LATE_MS = 2000;

/** Runs that had certainly begun by a time. */
function certainly(began: readonly RunStart[]): (time: string) => number[] {
  const limits = began.map(({ run, at }) => ({
    run,
    from: new Date(Date.parse(at) + LATE_MS).toISOString(),
  }));
  return (time) => limits.filter(({ from }) => time >= from).map(({ run }) => run);
}

/** RFC 3339 in UTC with nine digits, as the kubelet prints it. */
export function nanoseconds(time: string): string {
  const [, whole = '', fraction = ''] = /^(.*?T\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(time) ?? [];
  return `${whole}.${fraction.slice(0, 9).padEnd(9, '0')}Z`;
}
