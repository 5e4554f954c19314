// The podlet's connection to an API over TLS: whom it trusts, and that nothing reaches anybody else.
import { createServer, type Server } from 'node:https';
import { afterEach, expect, it } from 'vitest';
import { makeCertificates, type Certificates } from '../../local/tls/certificates.ts';
import { createTransport } from '../../podlet/transport.ts';
import type { Report } from '../../src/protocol/messages.ts';
import { nothing } from './sync-server.ts';

const NOW = new Date();
const report: Report = {
  uid: 'u',
  taskArn: 't',
  attempt: 1,
  bootId: 'b',
  sequence: 1,
  sandboxReady: false,
  containers: {},
  events: [],
};
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** An API with these certificates; `seen` counts requests and resumed sessions. */
async function api({ certificate, key }: Certificates): Promise<{
  url: string;
  seen: { requests: number; resumed: number };
}> {
  const seen = { requests: 0, resumed: 0 };
  const server = createServer({ cert: certificate, key }, (request, response) => {
    seen.requests += 1;
    request.resume();
    // Only the first connection is kept.
    if (seen.requests > 1) response.setHeader('connection', 'close');
    response.end(JSON.stringify({ ...nothing(), leave: { reason: request.headers['host'] } }));
  });
  server.on('secureConnection', (socket) => {
    if (socket.isSessionReused()) seen.resumed += 1;
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `https://127.0.0.1:${port}/sync`, seen };
}

const syncWith = async (url: string, ca: string): Promise<unknown> =>
  (await createTransport({ url, token: 'a.b', ca }))(report, new AbortController().signal);

it('reports to the API of its CA, and resumes the session on a later connection', async () => {
  const certificates = await makeCertificates(['127.0.0.1'], NOW);
  const { url, seen } = await api(certificates);
  const sync = await createTransport({ url, token: 'a.b', ca: certificates.ca });
  for (let times = 1; times <= 3; times++)
    expect(await sync(report, new AbortController().signal)).toMatchObject({
      leave: { reason: new URL(url).host },
    });
  expect(seen).toEqual({ requests: 3, resumed: 1 });
});

it.each([
  ['of another CA', ['127.0.0.1'], 'other'],
  ['of another name', ['api.example'], 'own'],
])('sends nothing to an API %s', async (_name, names, whose) => {
  const own = await makeCertificates(names, NOW);
  const { ca } = whose === 'own' ? own : await makeCertificates(names, NOW);
  const { url, seen } = await api(own);
  await expect(syncWith(url, ca)).rejects.toThrow();
  await expect(syncWith(url, '')).rejects.toThrow();
  expect(seen.requests).toBe(0);
});
