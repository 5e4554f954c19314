// Reads bytes from a peer that may send anything, for ever, one at a time: on demand, so that unread data stays with the peer.

const LF = 10;
const CR = 13;
/** More of one line is checked, but not kept. */
export const KEPT_LINE_BYTES = 64 * 1024;

export interface Line {
  /** Latin 1, without its end. */
  text: string;
  /** A control character stood in the part that was not kept. */
  dirty: boolean;
}

export class ByteReader {
  /** Bytes consumed so far. */
  consumed = 0;
  private buffered: Buffer = Buffer.alloc(0);
  private readonly chunks: AsyncIterator<unknown>;

  constructor(source: AsyncIterable<unknown>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** The next `count` bytes without taking them; fewer only where the peer ended before. */
  async peek(count: number): Promise<Buffer> {
    while (this.buffered.length < count && (await this.more()));
    return this.buffered.subarray(0, count);
  }

  /** Takes available bytes, at least one and at most `most`; nothing at the end. */
  async take(most: number): Promise<Buffer> {
    if (this.buffered.length === 0) await this.more();
    return this.cut(Math.min(most, this.buffered.length));
  }

  /** The next line up to LF or the end, given up once more than `limit` bytes are consumed; undefined: the peer has ended. */
  async line(limit: number): Promise<Line | undefined> {
    const kept: Buffer[] = [];
    let [size, room, dirty] = [0, KEPT_LINE_BYTES, false];
    while (this.consumed <= limit) {
      if (this.buffered.length === 0 && !(await this.more()))
        return size === 0 ? undefined : { text: Buffer.concat(kept).toString('latin1'), dirty };
      const at = this.buffered.indexOf(LF);
      const part = this.cut(at < 0 ? this.buffered.length : at);
      const keep = part.subarray(0, room);
      // A copy: a slice would hold the whole chunk for the sake of a byte.
      if (keep.length > 0) kept.push(Buffer.from(keep));
      room -= keep.length;
      dirty ||= part.subarray(keep.length).some(isControl);
      size += part.length;
      if (at < 0) continue;
      this.cut(1);
      break;
    }
    const text = Buffer.concat(kept).toString('latin1');
    return { text: text.endsWith('\r') && text.length === size ? text.slice(0, -1) : text, dirty };
  }

  private cut(count: number): Buffer {
    const taken = this.buffered.subarray(0, count);
    this.buffered = this.buffered.subarray(count);
    this.consumed += count;
    return taken;
  }

  private async more(): Promise<boolean> {
    const next = await this.chunks.next();
    if (next.done === true) return false;
    const chunk = Buffer.isBuffer(next.value) ? next.value : Buffer.alloc(0);
    this.buffered = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    return true;
  }
}

/** A CR may be the line's end; it is kept where it matters. */
const isControl = (byte: number): boolean =>
  (byte < 0x20 && byte !== 9 && byte !== CR) || byte === 0x7f;
