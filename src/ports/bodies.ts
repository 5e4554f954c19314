// What a front and the API share of bodies beside the streams that every Request and Response has: streams take longer than most calls.

/** A body as its front reads it. */
export interface Pieces {
  /** The next piece; undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** The rest is not read. */
  leave(): void | Promise<void>;
}

/** A request whose body can be read in pieces, instead of by its stream. */
export interface InPieces {
  readonly pieces?: Pieces | undefined;
}

/** A response whose text is whole: its stream need not be read. */
export interface Whole {
  readonly whole?: string;
}
