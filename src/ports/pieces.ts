// The body of a request as its front reads it, beside the stream that every Request has.

/** A body as its front reads it, without a stream around it. */
export interface Pieces {
  /** The next piece; undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** The rest is not read. */
  leave(): void | Promise<void>;
}

/** Where a request has its body in pieces. */
export const PIECES = Symbol('pieces');
