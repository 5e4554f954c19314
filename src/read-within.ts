// Reads a whole body, but never more than its reader can use.

/** The body's bytes; undefined once they exceed `limit`, and the rest is not read. */
export async function readWithin(
  { body, headers }: Pick<Request | Response, 'body' | 'headers'>,
  limit: number,
): Promise<Uint8Array | undefined> {
  if (body === null) return new Uint8Array();
  // A client that announces too much need not send it.
  if (Number(headers.get('content-length') ?? 0) > limit) {
    await body.cancel();
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    length += step.value.byteLength;
    if (length > limit) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(step.value);
  }
  return Buffer.concat(chunks);
}
