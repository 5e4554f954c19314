// A container's log as lines: splits the engine's multiplexed frames and joins the pieces of long lines.
// Copies of a log in a file hold the same bytes and go through the same parser (agent/log-copy.ts).
import { present } from '../../src/present.ts';
import type { Docker } from './engine-api.ts';

export interface LogLine {
  /** RFC3339 with nanoseconds. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** As written, with its newline if it had one. */
  bytes: Uint8Array;
  /** How many entries of the engine it was joined from, where more than one. */
  entries?: number;
}

export interface LogRequest {
  follow: boolean;
  since?: Date;
  /** The last entries only. */
  tail?: number;
  signal?: AbortSignal;
}

/** Raw log of a container with times; frames unless it has a terminal. */
export function openLogs(
  docker: Docker,
  id: string,
  { follow, since, tail, signal }: LogRequest,
): Promise<AsyncIterable<Buffer>> {
  const query = {
    stdout: '1',
    stderr: '1',
    timestamps: '1',
    follow: follow ? '1' : '0',
    since: since ? (since.getTime() / 1000).toFixed(3) : undefined,
    tail: tail?.toString(),
  };
  return docker.open('GET', `/containers/${id}/logs`, { query, ...present({ signal }) });
}

export interface RawLog {
  bytes: AsyncIterable<Buffer>;
  /** The container has a terminal: there are no frames, and all output is stdout. */
  terminal: boolean;
  /** The log may continue elsewhere: an unfinished last line is left out. */
  cut?: boolean;
}

/** Lines of a raw log, oldest first. */
export async function* logLines({ bytes, terminal, cut = false }: RawLog): AsyncGenerator<LogLine> {
  const parser = terminal ? new TerminalParser() : new FrameParser();
  for await (const chunk of bytes) yield* parser.push(chunk);
  if (!cut) yield* parser.end();
}

const HEADER_BYTES = 8;
const NEWLINE = 10;
const SPACE = 32;

/** The engine cuts longer lines into pieces of exactly this size, each a frame with its own time. */
const PIECE_BYTES = 16 * 1024;

/** A longer line is emitted in parts, so that memory stays bounded. Its tail stays in one part: it may be a marker. */
const LONGEST_LINE_BYTES = 1024 * 1024;
const KEPT_END_BYTES = 1024;

interface Piece {
  time: string;
  parts: Buffer[];
  length: number;
}

/** Joins the pieces of a line, which ends with a newline, a shorter piece or the log. */
class FrameParser {
  private rest: Buffer = Buffer.alloc(0);
  private readonly pieces: Record<'stdout' | 'stderr', Piece | undefined> = {
    stdout: undefined,
    stderr: undefined,
  };

  *push(chunk: Buffer): Generator<LogLine> {
    let data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (data.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + data.readUInt32BE(4);
      if (data.length < end) break;
      const line = this.frame(
        data[0] === 2 ? 'stderr' : 'stdout',
        data.subarray(HEADER_BYTES, end),
      );
      if (line) yield line;
      data = data.subarray(end);
    }
    this.rest = data;
  }

  *end(): Generator<LogLine> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const piece = this.pieces[stream];
      if (piece)
        yield {
          time: piece.time,
          stream,
          bytes: Buffer.concat(piece.parts),
          entries: piece.parts.length,
        };
    }
  }

  private cut(stream: 'stdout' | 'stderr', { time, parts }: Piece): LogLine {
    const whole = Buffer.concat(parts);
    const rest = whole.subarray(whole.length - KEPT_END_BYTES);
    this.pieces[stream] = { time, parts: [rest], length: rest.length };
    return { time, stream, bytes: whole.subarray(0, whole.length - KEPT_END_BYTES) };
  }

  private frame(stream: 'stdout' | 'stderr', payload: Buffer): LogLine | undefined {
    const { time, bytes } = splitTime(payload);
    const piece = this.pieces[stream];
    const ended = bytes[bytes.length - 1] === NEWLINE;
    if (!ended && (piece === undefined || bytes.length === PIECE_BYTES)) {
      if (!piece) {
        this.pieces[stream] = { time, parts: [bytes], length: bytes.length };
        return undefined;
      }
      piece.parts.push(bytes);
      piece.length += bytes.length;
      return piece.length > LONGEST_LINE_BYTES ? this.cut(stream, piece) : undefined;
    }
    this.pieces[stream] = undefined;
    // Engine 20.10's `local` driver drops the newline of a line that it had cut.
    const parts = [...(piece?.parts ?? []), bytes, ...(ended ? [] : [Buffer.from('\n')])];
    const entries = (piece?.parts.length ?? 0) + 1;
    return parts.length === 1
      ? { time, stream, bytes }
      : {
          time: piece?.time ?? time,
          stream,
          bytes: Buffer.concat(parts),
          ...present({ entries: entries > 1 ? entries : undefined }),
        };
  }
}

/** A terminal's log has no frames: one line, one time. */
class TerminalParser {
  private parts: Buffer[] = [];
  private length = 0;
  /** Time of a line whose beginning was already emitted. */
  private time: string | undefined;

  *push(chunk: Buffer): Generator<LogLine> {
    let data = chunk;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE)) {
      yield this.line(data.subarray(0, end + 1));
      this.time = undefined;
      data = data.subarray(end + 1);
    }
    if (data.length === 0) return;
    this.parts.push(data);
    this.length += data.length;
    if (this.length > LONGEST_LINE_BYTES) {
      const whole = this.line(Buffer.alloc(0));
      this.time = whole.time;
      this.parts = [Buffer.from(whole.bytes.subarray(-KEPT_END_BYTES))];
      this.length = KEPT_END_BYTES;
      yield { ...whole, bytes: whole.bytes.subarray(0, -KEPT_END_BYTES) };
    }
  }

  *end(): Generator<LogLine> {
    if (this.length > 0) yield this.line(Buffer.alloc(0));
  }

  private line(end: Buffer): LogLine {
    const bytes = Buffer.concat([...this.parts, end]);
    this.parts = [];
    this.length = 0;
    return this.time === undefined
      ? { stream: 'stdout', ...splitTime(bytes) }
      : { stream: 'stdout', time: this.time, bytes };
  }
}

function splitTime(payload: Buffer): { time: string; bytes: Buffer } {
  const space = payload.indexOf(SPACE);
  return {
    time: payload.toString('latin1', 0, Math.max(space, 0)),
    bytes: payload.subarray(space + 1),
  };
}
