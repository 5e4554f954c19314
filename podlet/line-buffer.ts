// Splits a stream into lines, whose writer may send single bytes or never end one: one buffer, however many pieces come.

const NEWLINE = 10;
const SMALLEST_BYTES = 1024;
/** The memory of a longer line is released once it is taken. */
const KEPT_BYTES = 64 * 1024;

export class LineBuffer {
  private bytes = Buffer.alloc(0);
  private start = 0;
  private end = 0;
  private searched = 0;

  /** Bytes that are not part of a line taken so far. */
  get size(): number {
    return this.end - this.start;
  }

  push(chunk: Buffer): void {
    if (this.end + chunk.length > this.bytes.length) this.makeRoom(this.size + chunk.length);
    chunk.copy(this.bytes, this.end);
    this.end += chunk.length;
  }

  /** The next whole line without its end. */
  line(): string | undefined {
    const at = this.bytes.subarray(0, this.end).indexOf(NEWLINE, this.searched);
    this.searched = at < 0 ? this.end : at + 1;
    if (at < 0) return undefined;
    const line = this.bytes.toString('utf8', this.start, at);
    this.start = at + 1;
    if (this.size === 0) this.clear();
    return line;
  }

  /** Takes the rest. */
  rest(): Buffer {
    const left = Buffer.from(this.bytes.subarray(this.start, this.end));
    this.clear();
    return left;
  }

  private clear(): void {
    this.start = this.end = this.searched = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.alloc(0);
  }

  private makeRoom(size: number): void {
    const room =
      size <= this.bytes.length / 2
        ? this.bytes
        : Buffer.allocUnsafeSlow(Math.max(SMALLEST_BYTES, size * 2));
    this.bytes.copy(room, 0, this.start, this.end);
    this.bytes = room;
    this.end -= this.start;
    this.searched -= this.start;
    this.start = 0;
  }
}
