// Handles upgrades on the API's HTTPS port: exec, attach and port-forward of clients, and the podlets' sessions.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { webSocketAcceptor } from './accept.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { sendOverWebSocket } from './response-over-websocket.ts';
import { serveSpdy } from './serve-spdy.ts';
import { isWebSocket, serveWebSocket } from './serve-websocket.ts';
import type { StreamContext, StreamTarget } from './stream-target.ts';

/** Any other GET: its response is sent over the WebSocket, if it succeeds. */
export interface StreamedAnswer {
  answer: Response;
  gone: AbortController;
}

export interface UpgradeOptions extends StreamContext {
  /** Authenticates and authorises; a Response is sent as the refusal. */
  check: (incoming: IncomingMessage) => Promise<StreamTarget | StreamedAnswer | Response>;
  /** Whether the request carries the credential of a session's owner. */
  owns: (owner: string, incoming: IncomingMessage) => Promise<boolean>;
  /** Path prefix of the podlets' connections. */
  sessionsPath: string;
}

const acceptSession = webSocketAcceptor();

/** Returns the handler of the server's `upgrade` event. */
export const createUpgrade =
  (options: UpgradeOptions) =>
  (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    take(options, incoming, socket, head).catch(() => socket.destroy());
  };

async function take(
  options: UpgradeOptions,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const path = (incoming.url ?? '').split('?')[0] ?? '';
  const session = `${options.sessionsPath}/`;
  if (path.startsWith(session))
    return takeSession(options, path.slice(session.length), incoming, socket, head);
  const target = await options.check(incoming);
  if (target instanceof Response) return refuseUpgrade(options, socket, target);
  if ('answer' in target)
    return target.answer.ok
      ? sendOverWebSocket(incoming, socket, head, target.answer, target.gone)
      : refuseUpgrade(options, socket, target.answer);
  if (isWebSocket(incoming)) return serveWebSocket(options, incoming, socket, head, target);
  return serveSpdy(options, incoming, socket, head, target);
}

/** A podlet connects for a session that it was asked to open. */
async function takeSession(
  options: UpgradeOptions,
  id: string,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { hub, owns } = options;
  const owner = hub.ownerOf(id);
  // The same refusal for both cases: an outsider must not learn which sessions exist.
  if (owner === undefined || !(await owns(owner, incoming)))
    return refuseUpgrade(options, socket, new Response('unknown session\n', { status: 404 }));
  acceptSession(incoming, socket, head, (ws) => hub.accept(id, ws));
}
