// Where every WebSocket is accepted: an error handler is attached before the first byte is read. A malformed frame raises
// an `error` event, and without a listener that would end the process.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';

/** A larger message ends the connection (as golang.org/x/net/websocket: DefaultMaxPayloadBytes). */
const MAX_MESSAGE_BYTES = 32 << 20;

/** Accepts upgrades of one kind; `take` gets a connection that errors close. */
export type Accept = (
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  take: (ws: WebSocket) => void,
) => void;

/** An acceptor that chooses the sub-protocol by `protocolOf`; undefined: the response names none. */
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
