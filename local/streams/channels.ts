// A client's exec or attach as numbered channels (kubectl's v5 framing) over any carrier, and its bridge to the podlet.
import type { WebSocket } from 'ws';
import { sendPaced } from './channel-messages.ts';

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
export const STATUS = 3;
export const RESIZE = 4;
/** v5: the next byte is the channel that ends. */
export const CLOSE = 255;

export interface ChannelClient {
  /** Frames from the client: channel and bytes. Resolves when more can be taken. */
  onFrame: (channel: number, bytes: Buffer) => Promise<void>;
  /** The client disconnected. */
  onEnd: () => void;
  /** Resolves when the client accepts more. */
  send(channel: number, bytes: Buffer): Promise<void>;
  /** Closes the connection after everything sent so far. */
  finish(): Promise<void>;
}

const INTERNAL_ERROR_CODE = 500;

/** metav1.Status of a stream that failed before or outside the command (apimachinery `NewInternalError`). */
export function failureStatus(message: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      metadata: {},
      status: 'Failure',
      message: `Internal error occurred: ${message}`,
      reason: 'InternalError',
      details: { causes: [{ message }] },
      code: INTERNAL_ERROR_CODE,
    }),
  );
}

/** Before v4 the error channel carries plain text, and nothing on success. */
export function plainError(status: Buffer): Buffer | undefined {
  const { message } = JSON.parse(status.toString()) as { message?: string };
  return message === undefined ? undefined : Buffer.from(message);
}

/** A container's output, where it does not come through the podlet. Ends with the container or the signal. */
export type Output = (
  signal: AbortSignal,
) => AsyncIterable<{ stream: 'stdout' | 'stderr'; bytes: Uint8Array }>;

async function copyOutput(
  client: ChannelClient,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  for await (const { stream, bytes } of output(signal)) {
    if (signal.aborted) return;
    await client.send(stream === 'stdout' ? STDOUT : STDERR, Buffer.from(bytes));
  }
}

export interface Bridge {
  client: ChannelClient;
  podlet: WebSocket;
  /** The client's status when the podlet disconnects without one. */
  gone: string;
  output?: Output | undefined;
}

/** Copies frames both ways until one side ends; the client always gets a status, after all output. */
export function bridgeChannels({ client, podlet, gone, output }: Bridge): void {
  let ended = false;
  let fromPodlet: Promise<void> = Promise.resolve();
  const over = new AbortController();
  // A client that is gone reads nothing; its end is noticed on its socket.
  const written = output
    ? copyOutput(client, output, over.signal).catch(() => undefined)
    : Promise.resolve();
  const finish = (): void => {
    if (ended) return;
    ended = true;
    over.abort();
    // Likewise for all that is sent below.
    fromPodlet = fromPodlet.then(() => client.finish()).catch(() => undefined);
    podlet.close();
  };
  podlet.on('message', (data: Buffer) => {
    const channel = data[0] ?? STATUS;
    podlet.pause();
    if (channel === STATUS) fromPodlet = fromPodlet.then(() => written);
    // A failed send means that the client is gone.
    fromPodlet = fromPodlet
      .then(() => (ended ? undefined : client.send(channel, data.subarray(1))))
      .catch(() => undefined)
      .then(() => {
        podlet.resume();
        if (channel === STATUS) finish();
      });
  });
  podlet.on('close', () => {
    // A failed send means that the client is gone.
    fromPodlet = fromPodlet
      .then(async () => {
        if (!ended) await client.send(STATUS, failureStatus(gone));
        finish();
      })
      .catch(() => undefined);
  });
  client.onFrame = (channel, bytes) =>
    sendPaced(podlet, Buffer.concat([Buffer.from([channel]), bytes]));
  client.onEnd = () => {
    ended = true;
    over.abort();
    podlet.close();
  };
  podlet.resume();
}
