// kubectl's and client-node's exec over WebSocket: one channel byte before each message (v5, v4 … channel.k8s.io).
import type { WebSocket } from 'ws';
import { CLOSE, sendTo, STATUS, STDIN, type ChannelClient } from './channels.ts';

/** Sub-protocols in the order of preference; v5 alone can half-close stdin. */
export const CHANNEL_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];

/** Above this the sender of stdin is paused until the podlet took it. */
const HIGH_WATER_BYTES = 1 << 20;

export function websocketClient(socket: WebSocket, podlet: WebSocket): ChannelClient {
  const jsonStatus = socket.protocol === 'v5.channel.k8s.io' || socket.protocol === 'v4.channel.k8s.io';
  const client: ChannelClient = {
    onFrame: () => undefined,
    onEnd: () => undefined,
    send: async (channel, bytes) => {
      const content = channel === STATUS && !jsonStatus ? plainError(bytes) : bytes;
      if (content) await sendTo(socket, Buffer.concat([Buffer.from([channel]), content]));
    },
    finish: () => {
      socket.close(1000);
      return Promise.resolve();
    },
  };
  socket.on('message', (data: Buffer) => {
    const channel = data[0];
    if (channel === undefined) return;
    if (channel === CLOSE || channel === STDIN || data.length > 1) client.onFrame(channel, data.subarray(1));
    if (podlet.bufferedAmount > HIGH_WATER_BYTES) drainThenResume(socket, podlet);
  });
  socket.on('close', () => client.onEnd());
  socket.on('error', () => socket.terminate());
  return client;
}

/** Before v4 the error channel carries a text, and nothing after success. */
function plainError(status: Buffer): Buffer | undefined {
  const { message } = JSON.parse(status.toString()) as { message?: string };
  return message === undefined ? undefined : Buffer.from(message);
}

function drainThenResume(socket: WebSocket, podlet: WebSocket): void {
  socket.pause();
  podlet.ping(undefined, undefined, () => socket.resume());
}
