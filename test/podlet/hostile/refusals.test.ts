// Who may dismiss a podlet: only the API, in its own format. Proxies in between send the same codes.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SyncRefused } from '../../../podlet/ports.ts';
import { createTransport } from '../../../podlet/transport.ts';
import type { Sync } from '../../../podlet/transport.ts';
import { reportOf } from '../../record/samples.ts';

let next = { status: 200, body: '' };
let sync: Sync;
const server: Server = createServer((request, response) => {
  request
    .resume()
    .on('end', () =>
      response.writeHead(next.status, next.status === 301 ? { location: '/' } : {}).end(next.body),
    );
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  sync = await createTransport({
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`,
    token: 't',
    ca: '',
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const answered = (status: number, body: string): Promise<unknown> => {
  next = { status, body };
  return sync(reportOf(), new AbortController().signal).then(
    () => 'taken',
    (error: unknown) => error,
  );
};
const STATUSES = [301, 400, 401, 403, 404, 405, 407, 410, 413, 429, 500, 502, 503, 504];
const BODIES = [
  '',
  'Forbidden',
  '<html><body>401</body></html>',
  '{"Message":null}',
  '{"message":"Forbidden"}',
  '{"Message":"Unauthorized","leave":true}',
  '{"leave":null}',
  '{"leave":{}}',
  '{"leave":{"reason":1}}',
  'null',
  '[]',
  '"leave"',
  '0',
  '{"constructor":1}',
  '{',
];

it("an answer of any code that is not in the API's own words means to try again", async () => {
  for (const status of STATUSES) {
    for (const body of BODIES) {
      const error = await answered(status, body);
      expect(error, `${status} ${body}`).toBeInstanceOf(Error);
      expect(error, `${status} ${body}`).not.toBeInstanceOf(SyncRefused);
    }
  }
});

it('an answer of 200 that is no desired state means to try again', async () => {
  for (const body of [...BODIES, '{"leave":{"reason":"x"}}']) {
    const error = await answered(200, body);
    expect(error, body).toBeInstanceOf(Error);
    expect(error, body).not.toBeInstanceOf(SyncRefused);
  }
});

it.each([401, 403, 410])(
  "an answer of %i in the API's own words sends the podlet away",
  async (status) => {
    expect(await answered(status, '{"leave":{"reason":"The pod is gone"}}')).toBeInstanceOf(
      SyncRefused,
    );
  },
);
