// A GET with a streamed response (logs, watches) over a WebSocket instead of a chunked body: each piece is one message.
import { webSocketAcceptor } from './accept.ts';
import { sendTo } from './channel-messages.ts';
import { untilClosed } from './drained.ts';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

const BASE64 = 'base64.binary.k8s.io';
const PROTOCOLS = ['binary.k8s.io', BASE64];

const accept = webSocketAcceptor((offered) => offered.find((one) => PROTOCOLS.includes(one)));

/** Accepts the upgrade, sends the body, then closes. Messages of the client are read and dropped. */
export function sendOverWebSocket(
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  response: Response,
  gone: AbortController,
): void {
  accept(incoming, socket, head, (ws) => {
    ws.on('close', () => gone.abort());
    ws.on('message', () => undefined);
    // A body that breaks off ends the stream, as it would end a response.
    pump(ws, response)
      .catch(() => undefined)
      .finally(() => ws.close(1000))
      .catch(() => ws.terminate());
  });
}

async function pump(ws: WebSocket, response: Response): Promise<void> {
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  const reader = response.body?.getReader();
  const untilOver = reader ? untilClosed(reader.closed) : undefined;
  for (
    let part = await reader?.read();
    part && !part.done && ws.readyState === ws.OPEN;
    part = await reader?.read()
  ) {
    await untilOver?.(sendPiece(ws, Buffer.from(part.value as Uint8Array), json));
  }
  await reader?.cancel();
}

async function sendPiece(ws: WebSocket, bytes: Buffer, json: boolean): Promise<void> {
  // Watch events are lines of JSON: one text message each.
  if (json) for (const line of bytes.toString().split('\n').filter(Boolean)) await sendTo(ws, line);
  else await sendTo(ws, ws.protocol === BASE64 ? bytes.toString('base64') : bytes);
}
