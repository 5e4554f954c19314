// The one place where a WebSocket begins: it has an owner of its errors before its first byte is read. A malformed frame is an
// `error` event, and one without a listener ends the process.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';

/** A message above this ends the connection (golang.org/x/net/websocket takes as much: DefaultMaxPayloadBytes). */
const MAX_MESSAGE_BYTES = 32 << 20;

/** Accepts upgrades of one kind; `take` gets a connection whose errors end it. */
export type Accept = (
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  take: (ws: WebSocket) => void,
) => void;

/** An acceptor that chooses the sub-protocol by `protocolOf`; undefined: the answer names none. */
export function webSocketAcceptor(
  protocolOf: (offered: string[]) => string | undefined = () => undefined,
  answerHeaders: string[] = [],
): Accept {
  const options: ServerOptions = {
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => protocolOf([...offered]) ?? false,
  };
  const server = new WebSocketServer(options);
  server.on('headers', (headers) => headers.push(...answerHeaders));
  return (incoming, socket, head, take) =>
    server.handleUpgrade(incoming, socket, head, (ws) => {
      ws.on('error', () => ws.terminate());
      take(ws);
    });
}
