// A container's log holds all its runs; supervise marks where the next may begin: `RS <nonce> <run> LF` on both streams.
import type { LogLine } from '../ports.ts';

const RECORD_SEPARATOR = 0x1e;

interface Marker {
  /** Where the marker begins in the line. */
  at: number;
  run: number;
}

function findMarker(bytes: Uint8Array, nonce: string): Marker | undefined {
  for (let at = bytes.indexOf(RECORD_SEPARATOR); at >= 0; at = bytes.indexOf(RECORD_SEPARATOR, at + 1)) {
    const text = Buffer.from(bytes.subarray(at + 1)).toString('latin1');
    const run = text.startsWith(`${nonce} `) ? /^(\d+)\r?\n?$/.exec(text.slice(nonce.length + 1))?.[1] : undefined;
    if (run !== undefined) return { at, run: Number(run) };
  }
  return undefined;
}

export interface RunLine extends LogLine {
  run: number;
}

/** Follows one log: hand it line after line, oldest first; it answers the line with its run, or undefined for a bare marker. */
export function createRunSplitter(nonce: string): (line: LogLine) => RunLine | undefined {
  const runs = { stdout: 1, stderr: 1 };
  return (line) => {
    const run = runs[line.stream];
    const marker = nonce === '' ? undefined : findMarker(line.bytes, nonce);
    if (marker === undefined) return { ...line, run };
    runs[line.stream] = marker.run;
    // What the run before wrote without a newline stands in front of the marker.
    return marker.at === 0 ? undefined : { ...line, bytes: line.bytes.subarray(0, marker.at), run };
  };
}
