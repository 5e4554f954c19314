// The podlet's connection to the API. TLS with a CA of its own is Bun's (on-bun.test.ts); Node's fetch takes no CA.
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../local/tls/certificates.ts';
import type { Certificates } from '../../local/tls/certificates.ts';
import { createTransport } from '../../podlet/transport.ts';
import type { NodeLookup } from '../../podlet/node-lookup.ts';
import type { TransportOptions } from '../../podlet/transport.ts';
import type { Desired } from '../../src/protocol/messages.ts';
import { reportOf } from '../record/samples.ts';
import { nothing } from './sync-server.ts';

const isBun = 'bun' in process.versions;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const sync = (options: Partial<TransportOptions>, signal = new AbortController().signal) =>
  createTransport({ url: '', token: 't.s', ca: '', ...options })(reportOf(), signal);

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe('a report', () => {
  it('goes up with its token as JSON, and the desired state comes back, in one piece or in many', async () => {
    const desired: Desired = { ...nothing(), syncAgainMs: 1234 };
    for (const isWhole of [true, false]) {
      const got: unknown[] = [];
      const port = await serve(
        createServer((request, response) => {
          void bodyOf(request).then((body) => {
            const { authorization, 'content-type': type } = request.headers;
            got.push([request.method, request.url, authorization, type, JSON.parse(body)]);
            const text = JSON.stringify(desired);
            if (isWhole) return response.setHeader('content-length', text.length).end(text);
            response.write(text.slice(0, 5));
            setTimeout(() => response.end(text.slice(5)), 20);
          });
        }),
      );
      expect(await sync({ url: `http://127.0.0.1:${port}/sync` })).toEqual(desired);
      expect(got).toEqual([['POST', '/sync', 'Bearer t.s', 'application/json', reportOf()]]);
    }
  });

  it('whose answer never ends, or says that it is longer than 32 MiB, is given up', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    const port = await serve(
      createServer((request, response) => {
        request.resume();
        if (request.url === '/long') response.setHeader('content-length', 40 * piece.length);
        const write = (): void => {
          while (!response.destroyed && response.write(piece));
        };
        response.on('drain', write);
        write();
      }),
    );
    for (const path of ['endless', 'long'])
      await expect(sync({ url: `http://127.0.0.1:${port}/${path}` })).rejects.toThrow(
        'the answer is too long',
      );
  });

  it('that is given up closes its connection', async () => {
    let close = (): void => undefined;
    const closed = new Promise<void>((resolve) => (close = resolve));
    const port = await serve(createServer(({ socket }) => void socket.on('close', close)));
    const given = new AbortController();
    setTimeout(() => given.abort(), 50);
    await expect(sync({ url: `http://127.0.0.1:${port}/` }, given.signal)).rejects.toThrow();
    await closed;
  });

  it('to an API that is away is an error to try again', async () => {
    await expect(sync({ url: 'http://127.0.0.1:1/' })).rejects.toThrow();
  });
});

describe('the look-up of the API', () => {
  it('learns of an address that does not answer, not of an answer that is an error, and not of a request that is given up', async () => {
    const failed: string[] = [];
    const addresses = ['127.0.0.9', '127.0.0.1', '127.0.0.1', '127.0.0.1'];
    const lookup: NodeLookup = {
      address: () => Promise.resolve(addresses.shift()),
      failed: (address) => void failed.push(address),
    };
    const statuses = [200, 503];
    const port = await serve(
      createServer((request, response) => {
        request.resume();
        const status = statuses.shift();
        if (status !== undefined) response.writeHead(status).end(JSON.stringify(nothing()));
      }),
    );
    const given = new AbortController();
    const ask = createTransport({ url: `http://api.example:${port}/`, token: 't', ca: '', lookup });
    await expect(ask(reportOf(), given.signal)).rejects.toThrow();
    expect(await ask(reportOf(), given.signal)).toEqual(nothing());
    await expect(ask(reportOf(), given.signal)).rejects.toThrow('the API answered 503');
    setTimeout(() => given.abort(), 50);
    await expect(ask(reportOf(), given.signal)).rejects.toThrow();
    expect(failed).toEqual(['127.0.0.9']);
  });
});

describe.skipIf(!isBun)('over TLS', () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates(['api.example', '127.0.0.1'], new Date());
  });

  const secure = (answer: RequestListener): Promise<number> =>
    serve(createSecureServer({ key: certificates.key, cert: certificates.certificate }, answer));
  const answering = (hosts: unknown[] = []): Promise<number> =>
    secure((request, response) => {
      hosts.push(request.headers.host);
      request.resume();
      response.end(JSON.stringify(nothing()));
    });

  it('an API with a certificate of the given CA is trusted, another is not', async () => {
    const url = `https://127.0.0.1:${await answering()}/`;
    expect(await sync({ url, ca: certificates.ca })).toEqual(nothing());
    await expect(sync({ url })).rejects.toThrow();
  });

  it('an API found by the look-up is asked under its name, which its certificate must have', async () => {
    const hosts: unknown[] = [];
    const port = await answering(hosts);
    const { ca } = certificates;
    const failed: string[] = [];
    const lookup: NodeLookup = {
      address: () => Promise.resolve('127.0.0.1'),
      failed: (address) => void failed.push(address),
    };
    expect(await sync({ url: `https://api.example:${port}/`, ca, lookup })).toEqual(nothing());
    expect(hosts).toEqual([`api.example:${port}`]);
    expect(failed).toEqual([]);
    await expect(sync({ url: `https://other.example:${port}/`, ca, lookup })).rejects.toThrow();
    expect(hosts).toHaveLength(1);
    expect(failed).toEqual(['127.0.0.1']);
  });
});
