// A GET whose answer streams (logs, watches) over a WebSocket instead of a chunked body: each piece is one message.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { sendTo } from './channels.ts';

const BASE64 = 'base64.binary.k8s.io';
const PROTOCOLS = ['binary.k8s.io', BASE64];

const servers = new WebSocketServer({ noServer: true, handleProtocols: (offered) => PROTOCOLS.find((one) => offered.has(one)) ?? false });

/** Accepts the upgrade and sends the body, then closes. */
export function sendOverWebSocket(incoming: IncomingMessage, socket: Duplex, head: Buffer, response: Response, gone: AbortController): void {
  servers.handleUpgrade(incoming, socket, head, (ws) => {
    ws.on('close', () => gone.abort());
    ws.on('error', () => ws.terminate());
    ws.on('message', () => undefined);
    void pump(ws, response).catch(() => undefined).then(() => ws.close(1000));
  });
}

async function pump(ws: WebSocket, response: Response): Promise<void> {
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done && ws.readyState === ws.OPEN; part = await reader?.read()) {
    const bytes = Buffer.from(part.value as Uint8Array);
    // Watch events are lines of JSON: one text message each.
    if (json) for (const line of bytes.toString().split('\n').filter(Boolean)) await new Promise<void>((resolve) => ws.send(line, () => resolve()));
    else if (ws.protocol === BASE64) await new Promise<void>((resolve) => ws.send(bytes.toString('base64'), () => resolve()));
    else await sendTo(ws, bytes);
  }
  await reader?.cancel();
}
