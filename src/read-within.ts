// Reads a whole body, but never more than its reader can use.
import type { InPieces, Pieces } from './ports/bodies.ts';

type Source = Pick<Request | Response, 'body' | 'headers'> & InPieces;

/** The body's bytes; undefined once they exceed `limit`, and the rest is not read. */
export async function readWithin(source: Source, limit: number): Promise<Uint8Array | undefined> {
  const { pieces, headers } = source;
  if (pieces !== undefined) return gather(pieces, headers, limit);
  const { body } = source;
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  return gather(
    {
      next: async () => (await reader.read()).value,
      leave: () => reader.cancel(),
    },
    headers,
    limit,
  );
}

async function gather(
  pieces: Pieces,
  headers: Headers,
  limit: number,
): Promise<Uint8Array | undefined> {
  // A client that announces too much need not send it.
  if (Number(headers.get('content-length') ?? 0) > limit) {
    await pieces.leave();
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next()) {
    length += piece.byteLength;
    if (length > limit) {
      await pieces.leave();
      return undefined;
    }
    chunks.push(piece);
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}
