// A plain HTTP refusal of an upgrade request.
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { StreamContext } from './stream-target.ts';

/** How long a client may take to read a refusal (as Go's server: `rstAvoidanceDelay`). */
const LAST_WORDS_MS = 500;

/** Responds and closes; a client that does not hang up is cut off. */
export async function refuseUpgrade(
  { sleep }: Pick<StreamContext, 'sleep'>,
  socket: Duplex,
  response: Response,
): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ''}\r\n${headers}content-length: ${body.length}\r\nconnection: close\r\n\r\n`,
      ),
      body,
    ]),
  );
  destroyAfter(sleep, socket, LAST_WORDS_MS);
}

/** Destroys a connection that its peer does not close in time. */
export function destroyAfter(sleep: StreamContext['sleep'], socket: Duplex, ms: number): void {
  sleep(ms)
    .then(() => socket.destroy())
    .catch(() => socket.destroy());
}
