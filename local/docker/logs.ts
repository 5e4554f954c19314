// A container's log as lines: the engine's multiplexed frames taken apart, pieces of long lines joined.
// The same bytes, kept in a file, are read by the same parser (agent/log-copy.ts).
import type { Docker } from './engine-api.ts';

export interface LogLine {
  /** RFC3339 with nanoseconds. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** As written, with its newline if it had one. */
  bytes: Uint8Array;
}

export interface LogRequest {
  follow: boolean;
  since?: Date;
  signal?: AbortSignal;
}

/** Raw log of a container with times; frames unless it has a terminal. */
export function openLogs(docker: Docker, id: string, { follow, since, signal }: LogRequest): Promise<AsyncIterable<Buffer>> {
  const query = { stdout: '1', stderr: '1', timestamps: '1', follow: follow ? '1' : '0', since: since ? (since.getTime() / 1000).toFixed(3) : undefined };
  return docker.open('GET', `/containers/${id}/logs`, { query, ...(signal ? { signal } : {}) });
}

/** Lines of a raw log, oldest first. `terminal`: the container has one, so there are no frames and all is stdout. */
export async function* logLines(raw: AsyncIterable<Buffer>, terminal: boolean): AsyncGenerator<LogLine> {
  const parser = terminal ? new TerminalParser() : new FrameParser();
  for await (const chunk of raw) yield* parser.push(chunk);
  yield* parser.end();
}

const HEADER_BYTES = 8;
const NEWLINE = 10;
const SPACE = 32;

/** The engine cuts lines at 16 KiB; every piece is a frame with its own time, only the last ends with a newline. */
class FrameParser {
  private rest: Buffer = Buffer.alloc(0);
  private readonly pieces: Record<'stdout' | 'stderr', { time: string; parts: Buffer[] } | undefined> = { stdout: undefined, stderr: undefined };

  *push(chunk: Buffer): Generator<LogLine> {
    let data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (data.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + data.readUInt32BE(4);
      if (data.length < end) break;
      const line = this.frame(data[0] === 2 ? 'stderr' : 'stdout', data.subarray(HEADER_BYTES, end));
      if (line) yield line;
      data = data.subarray(end);
    }
    this.rest = data;
  }

  *end(): Generator<LogLine> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const piece = this.pieces[stream];
      if (piece) yield { time: piece.time, stream, bytes: Buffer.concat(piece.parts) };
    }
  }

  private frame(stream: 'stdout' | 'stderr', payload: Buffer): LogLine | undefined {
    const { time, bytes } = splitTime(payload);
    const piece = this.pieces[stream];
    if (bytes[bytes.length - 1] !== NEWLINE) {
      if (piece) piece.parts.push(bytes);
      else this.pieces[stream] = { time, parts: [bytes] };
      return undefined;
    }
    this.pieces[stream] = undefined;
    return piece ? { time: piece.time, stream, bytes: Buffer.concat([...piece.parts, bytes]) } : { time, stream, bytes };
  }
}

/** A terminal's log has no frames: one line, one time. */
class TerminalParser {
  private rest: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<LogLine> {
    let data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE)) {
      yield { stream: 'stdout', ...splitTime(data.subarray(0, end + 1)) };
      data = data.subarray(end + 1);
    }
    this.rest = data;
  }

  *end(): Generator<LogLine> {
    if (this.rest.length > 0) yield { stream: 'stdout', ...splitTime(this.rest) };
  }
}

function splitTime(payload: Buffer): { time: string; bytes: Buffer } {
  const space = payload.indexOf(SPACE);
  return { time: payload.toString('latin1', 0, Math.max(space, 0)), bytes: payload.subarray(space + 1) };
}
