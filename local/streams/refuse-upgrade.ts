// A refusal in plain HTTP on a connection that asked to be upgraded.
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { StreamContext } from './stream-target.ts';

/** How long a client may take to read a refusal (Go's server waits as long before it cuts: `rstAvoidanceDelay`). */
const LAST_WORDS_MS = 500;

/** Answers and hangs up; a client that stays is cut off. */
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

/** Cuts a connection that its other end does not end in time. */
export function destroyAfter(sleep: StreamContext['sleep'], socket: Duplex, ms: number): void {
  sleep(ms)
    .then(() => socket.destroy())
    .catch(() => socket.destroy());
}
