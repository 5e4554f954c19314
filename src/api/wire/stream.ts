// Streams: the values of an async generator as a response's body.

/** The longest that a stream lasts on AWS: a function runs for at most 15 minutes, and its end shall be a clean one. */
export const AWS_STREAM_SECONDS = 14 * 60;

/**
 * Produces bytes only when the reader asks for them; calls `cancelled` when the reader goes, or nothing more is to come. `over` ends a
 * stream at its deadline even while its reader asks for nothing, since a generator only continues when it is asked.
 */
export function streamOf(
  parts: AsyncGenerator<string | Uint8Array>,
  cancelled: () => void,
  over?: Promise<void>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let closed = false;
  const close = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if (closed) return;
    closed = true;
    controller.close();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        over
          ?.then(() => {
            close(controller);
            cancelled();
          })
          .catch((error: unknown) => controller.error(error));
      },
      async pull(controller) {
        const { done, value } = await parts.next();
        if (closed) return;
        if (done === true) {
          close(controller);
          cancelled();
        } else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
      },
      async cancel() {
        closed = true;
        cancelled();
        await parts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
