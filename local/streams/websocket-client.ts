// A client's exec or attach over WebSocket: kubectl's (v5), other libraries' (v4) and browser consoles' (base64).
import type { WebSocket } from 'ws';
import { onChannelMessage, rest, sendOnChannel, sendsStatus, V5 } from './channel-messages.ts';
import { CLOSE, plainError, RESIZE, STATUS, STDIN, type ChannelClient } from './channels.ts';

export function websocketClient(socket: WebSocket, podlet: WebSocket): ChannelClient {
  const { protocol } = socket;
  const read = protocol === V5 ? [STDIN, RESIZE, CLOSE] : [STDIN, RESIZE];
  const client: ChannelClient = {
    onFrame: () => Promise.resolve(),
    onEnd: () => undefined,
    send: async (channel, bytes) => {
      const content = channel === STATUS && !sendsStatus(protocol) ? plainError(bytes) : bytes;
      if (content) await sendOnChannel(socket, channel, content);
    },
    finish: () => {
      socket.close(1000);
      return Promise.resolve();
    },
  };
  onChannelMessage(socket, (channel, bytes) => {
    if (read.includes(channel) && bytes.length > 0)
      rest(socket, podlet, client.onFrame(channel, bytes));
  });
  socket.on('close', () => client.onEnd());
  return client;
}
