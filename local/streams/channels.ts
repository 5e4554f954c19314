// A client's exec or attach as numbered channels (kubectl's v5 framing), whatever carries it, and its bridge to the podlet.
import type { WebSocket } from 'ws';

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
export const STATUS = 3;
export const RESIZE = 4;
/** v5: the next byte names the channel that ends. */
export const CLOSE = 255;

export interface ChannelClient {
  /** Frames from the client: channel and its bytes. */
  onFrame: (channel: number, bytes: Buffer) => void;
  /** The client went away. */
  onEnd: () => void;
  /** Resolves when the client can take more. */
  send(channel: number, bytes: Buffer): Promise<void>;
  /** Ends the connection after everything that was sent. */
  finish(): Promise<void>;
}

const INTERNAL_ERROR_CODE = 500;

/** metav1.Status of a stream that failed before or beside the command. */
export function failureStatus(message: string): Buffer {
  return Buffer.from(JSON.stringify({ metadata: {}, status: 'Failure', message: `Internal error occurred: ${message}`, reason: 'InternalError', code: INTERNAL_ERROR_CODE }));
}

export function sendTo(socket: WebSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(bytes, { binary: true }, () => resolve());
  });
}

/** Copies frames both ways until one side ends; the client always gets a status. */
export function bridgeChannels(client: ChannelClient, podlet: WebSocket, gone: string): void {
  let ended = false;
  let fromPodlet: Promise<void> = Promise.resolve();
  const finish = (): void => {
    if (ended) return;
    ended = true;
    fromPodlet = fromPodlet.then(() => client.finish()).catch(() => undefined);
    podlet.close();
  };
  podlet.on('message', (data: Buffer) => {
    const channel = data[0] ?? STATUS;
    podlet.pause();
    fromPodlet = fromPodlet.then(() => (ended ? undefined : client.send(channel, data.subarray(1)))).catch(() => undefined).then(() => {
      podlet.resume();
      if (channel === STATUS) finish();
    });
  });
  podlet.on('close', () => {
    fromPodlet = fromPodlet.then(async () => {
      if (!ended) await client.send(STATUS, failureStatus(gone));
      finish();
    }).catch(() => undefined);
  });
  podlet.on('error', () => podlet.close());
  client.onFrame = (channel, bytes) => { void sendTo(podlet, Buffer.concat([Buffer.from([channel]), bytes])); };
  client.onEnd = () => {
    ended = true;
    podlet.close();
  };
  podlet.resume();
}
