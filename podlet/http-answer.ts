// Reads one HTTP/1.1 answer from what a connection delivers, chunk by chunk. The API and the metadata endpoint are servers that keep
// to the protocol, so whatever breaks it is an error (probes/http-response.ts reads what apps may send).

const CRLF = '\r\n';
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_LINE_BYTES = 4096;

export interface HttpAnswer {
  status: number;
  body: Buffer;
  /** Another request may follow on the connection. */
  reusable: boolean;
}

type State =
  | { at: 'head' }
  /** The body's rest, of known length. */
  | { at: 'body'; left: number }
  | { at: 'untilEnd' }
  | { at: 'size' }
  | { at: 'chunk'; left: number }
  | { at: 'chunkEnd' }
  | { at: 'trailer' }
  | { at: 'over' };

/** One answer; `push` and `end` throw where it breaks the protocol or exceeds `most` bytes. */
export class AnswerReader {
  private state: State = { at: 'head' };
  private status = 0;
  private lasting = false;
  /** Lines may arrive in parts; a body never waits here. */
  private rest: Buffer = Buffer.alloc(0);
  private readonly parts: Buffer[] = [];
  private size = 0;
  constructor(private readonly most: number) {}

  /** Takes the next bytes; the answer, once it is whole. */
  push(bytes: Buffer): HttpAnswer | undefined {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    while (this.step());
    return this.state.at === 'over' ? this.answer() : undefined;
  }

  /** The connection has ended: the answer, where that is its end. */
  end(): HttpAnswer {
    if (this.state.at !== 'untilEnd') throw new Error('the connection ended before the answer');
    return this.answer();
  }

  private answer(): HttpAnswer {
    return {
      status: this.status,
      body: Buffer.concat(this.parts),
      reusable: this.lasting && this.state.at === 'over' && this.rest.length === 0,
    };
  }

  /** Whether it got further. */
  private step(): boolean {
    const { state } = this;
    switch (state.at) {
      case 'head':
        return this.through(`${CRLF}${CRLF}`, MAX_HEAD_BYTES, (head) => this.begin(head));
      case 'body':
      case 'chunk':
        return this.take(state);
      case 'untilEnd':
        this.keep(this.rest.length);
        return false;
      case 'size':
        return this.through(CRLF, MAX_LINE_BYTES, (line) => this.beginChunk(line));
      case 'chunkEnd':
        return this.through(CRLF, CRLF.length, () => ({ at: 'size' }));
      case 'trailer':
        return this.through(CRLF, MAX_LINE_BYTES, (line) => ({
          at: line === '' ? 'over' : 'trailer',
        }));
      case 'over':
        return false;
    }
  }

  /** Goes on with the text before `end`, once that has arrived. */
  private through(end: string, most: number, next: (text: string) => State): boolean {
    const at = this.rest.indexOf(end);
    if (at > most || (at < 0 && this.rest.length > most))
      throw new Error('the answer has too long a line');
    if (at < 0) return false;
    const text = this.rest.toString('latin1', 0, at);
    this.rest = this.rest.subarray(at + end.length);
    this.state = next(text);
    return true;
  }

  private begin(head: string): State {
    const [, minor, status] = /^HTTP\/1\.([01]) (\d{3})(?: |\r|$)/.exec(head) ?? [];
    if (status === undefined) throw new Error('the answer is no HTTP');
    this.status = Number(status);
    if (this.status < 200) return { at: 'head' };
    const header = (name: string): string | undefined =>
      new RegExp(`\\r\\n${name}:[ \\t]*([^\\r]*)`, 'i').exec(head)?.[1]?.trim().toLowerCase();
    this.lasting = minor === '1' && header('connection') !== 'close';
    if (this.status === 204 || this.status === 304) return { at: 'over' };
    const encoding = header('transfer-encoding');
    if (encoding === 'chunked') return { at: 'size' };
    if (encoding !== undefined) throw new Error(`the answer's encoding is unknown: ${encoding}`);
    const length = header('content-length');
    if (length === undefined) return { at: 'untilEnd' };
    if (!/^\d{1,15}$/.test(length)) throw new Error('the answer has no valid length');
    return this.sized('body', Number(length));
  }

  private beginChunk(line: string): State {
    const [, digits] = /^([0-9a-f]{1,8})[ \t]*(?:;|$)/i.exec(line) ?? [];
    if (digits === undefined) throw new Error('the answer has no valid chunk');
    const length = Number.parseInt(digits, 16);
    return length === 0 ? { at: 'trailer' } : this.sized('chunk', length);
  }

  private sized(at: 'body' | 'chunk', left: number): State {
    if (this.size + left > this.most) throw new Error('the answer is too long');
    return left === 0 ? { at: 'over' } : { at, left };
  }

  private take(state: { at: 'body' | 'chunk'; left: number }): boolean {
    state.left -= this.keep(state.left);
    if (state.left > 0) return false;
    this.state = { at: state.at === 'body' ? 'over' : 'chunkEnd' };
    return true;
  }

  private keep(most: number): number {
    const part = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(part.length);
    this.size += part.length;
    if (this.size > this.most) throw new Error('the answer is too long');
    if (part.length > 0) this.parts.push(part);
    return part.length;
  }
}
