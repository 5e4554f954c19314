// Streams: an async generator as a response's body.

/** Bytes as the reader asks for them; `cancelled` is called when the reader goes. */
export function streamOf(parts: AsyncGenerator<string | Uint8Array>, cancelled: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done === true) controller.close();
      else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
    },
    async cancel() {
      cancelled();
      await parts.return(undefined);
    },
  });
}
