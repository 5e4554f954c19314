// A request whose head and body come in TLS records of their own, on a connection whose client has not read the answer before it yet.
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpsServer, listen, type Listening } from '../../../local/server.ts';
import { makeCertificates } from '../../../local/tls/certificates.ts';
import { systemClock } from '../../../src/system-clock.ts';

/** More than two sockets hold, so that the answer waits until it is read. */
const LARGE = 'x'.repeat(32 << 20);
const BODY = 'y'.repeat(9000);

let server: Listening;
let arrived = 0;
beforeAll(async () => {
  const { certificate, key } = await makeCertificates(['127.0.0.1'], new Date());
  const door = {
    handler: async (request: Request) => {
      arrived += 1;
      return new Response(request.method === 'GET' ? LARGE : await request.text());
    },
    refusal: (status: number) => new Response(null, { status }),
    maxBodyBytes: 1 << 20,
    clock: systemClock,
    log: () => undefined,
  };
  server = await listen(() => httpsServer({ cert: certificate, key }, door), ['127.0.0.1'], 0);
});
afterAll(() => server.close());

/** A TLS client that lets go of its records, and reads, only when asked to. */
class Client {
  private held: Buffer[] | undefined;
  private readonly plain = connectPlain(server.port, '127.0.0.1');
  private readonly below = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => {
      if (this.held) this.held.push(bytes);
      else this.plain.write(bytes);
      done();
    },
  });
  readonly tls = connectTls({ socket: this.below, rejectUnauthorized: false });
  constructor() {
    this.plain.on('data', (bytes) => this.below.push(bytes));
  }

  read(): void {
    this.plain.resume();
  }

  notRead(): void {
    this.plain.pause();
  }

  /** Sends one record for each text, all in one piece. */
  async together(...texts: string[]): Promise<void> {
    this.held = [];
    for (const text of texts) await new Promise((sent) => this.tls.write(text, sent));
    const bytes = Buffer.concat(this.held);
    this.held = undefined;
    this.plain.write(bytes);
  }

  close(): void {
    this.plain.destroy();
  }
}

it('is answered like any other', async () => {
  const client = new Client();
  await once(client.tls, 'secureConnect');
  client.notRead();
  await client.together('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => arrived).toBe(1);
  const post = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY.length}\r\n\r\n`;
  await client.together(post, BODY, post, BODY);
  let end = '';
  client.tls.on('data', (bytes: Buffer) => (end = (end + bytes.toString('latin1')).slice(-30_000)));
  client.read();
  await expect.poll(() => end.split(BODY).length, { timeout: 20_000 }).toBe(3);
  client.close();
});
