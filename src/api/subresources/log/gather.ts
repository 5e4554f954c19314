// Joins the lines of a log into pieces: each piece costs a turn, a write and a TLS record, which is far more than a short line.
const MOST_BYTES = 64 * 1024;

const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/**
 * What has come by the end of a turn, as one piece. Reads ahead at most MOST_BYTES, and one part more. `left` is called when the reader
 * wants no more: it must end the wait for the next part, which nobody else ends.
 */
export async function* gathered(
  parts: AsyncGenerator<Uint8Array>,
  left: () => void,
): AsyncGenerator<Uint8Array> {
  const reading = new ReadAhead(parts);
  try {
    for (let piece = await reading.take(); piece; piece = await reading.take()) yield piece;
  } finally {
    left();
    await reading.stop();
  }
}

class ReadAhead {
  private waiting: Uint8Array[] = [];
  private bytes = 0;
  private end: { error?: unknown } | undefined;
  private stopped = false;
  private changed = (): void => undefined;
  private taken = (): void => undefined;
  private readonly reading: Promise<void>;
  constructor(private readonly parts: AsyncGenerator<Uint8Array>) {
    this.reading = this.read().then(
      () => this.ended({}),
      (error: unknown) => this.ended({ error }),
    );
  }

  /** The next piece; undefined at the end. Throws what the parts threw, after all of them. */
  async take(): Promise<Uint8Array | undefined> {
    if (this.waiting.length === 0 && !this.end)
      await new Promise<void>((resolve) => {
        this.changed = resolve;
      });
    if (this.bytes < MOST_BYTES && !this.end) await nextTurn();
    const [first, ...more] = this.waiting;
    if (first === undefined) {
      if (this.end && 'error' in this.end) throw this.end.error;
      return undefined;
    }
    const piece = more.length === 0 ? first : Buffer.concat(this.waiting);
    this.waiting = [];
    this.bytes = 0;
    this.taken();
    return piece;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.taken();
    await this.parts.return(undefined);
    await this.reading;
  }

  private async read(): Promise<void> {
    for await (const part of this.parts) {
      this.waiting.push(part);
      this.bytes += part.byteLength;
      this.changed();
      if (this.bytes >= MOST_BYTES)
        await new Promise<void>((resolve) => {
          this.taken = resolve;
        });
      if (this.stopped) return;
    }
  }

  private ended(end: { error?: unknown }): void {
    this.end = end;
    this.changed();
  }
}
