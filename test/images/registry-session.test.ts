// The registry client over real HTTP: redirects, limits, and where a credential is sent.
import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { registryImages } from '../../src/images/registry-images.ts';
import type { ImageOutcome } from '../../src/ports/images.ts';

const servers: Server[] = [];
afterEach(() =>
  servers.splice(0).forEach((server) => {
    server.closeAllConnections();
    server.close();
  }),
);

function serve(listener: RequestListener): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer(listener).listen(0, '127.0.0.1', () =>
      resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
    servers.push(server);
  });
}

const CONFIG = JSON.stringify({ architecture: 'amd64', config: { Cmd: ['run'] } });
const DIGEST = `sha256:${createHash('sha256').update(CONFIG).digest('hex')}`;
const MANIFEST = JSON.stringify({ schemaVersion: 2, config: { digest: DIGEST }, layers: [] });
const basic = `Basic ${Buffer.from('u:p').toString('base64')}`;

function pull(host: string): Promise<ImageOutcome> {
  const images = registryImages({
    fetch: (url, init) => fetch(url, init),
    clock: { now: () => new Date(0) },
    architectures: ['amd64'],
  });
  return images.resolve(`${host}/app:1`, 'Always', [
    { registry: host, username: 'u', password: 'p' },
  ]);
}

/** A registry that requires the password and redirects blobs to `location`. */
const withBlobsAt =
  (location: () => string): RequestListener =>
  (request, response) => {
    if (request.headers.authorization !== basic)
      return response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
    return request.url?.includes('/blobs/')
      ? response.writeHead(307, { location: location() }).end()
      : response.end(MANIFEST);
  };

it('follows a blob to its storage and leaves the password behind', async () => {
  let seen: string | undefined = 'nothing came';
  const storage = await serve((request, response) => {
    seen = request.headers.authorization;
    response.end(CONFIG);
  });
  expect(
    await pull(await serve(withBlobsAt(() => `http://${storage}/signed?key=1`))),
  ).toMatchObject({ config: { cmd: ['run'] } });
  expect(seen).toBeUndefined();
});

it('takes no blob that is not what the manifest names', async () => {
  const storage = await serve((_request, response) => response.end('{"config":{"Cmd":["evil"]}}'));
  expect(await pull(await serve(withBlobsAt(() => `http://${storage}/`)))).toMatchObject({
    failure: 'ErrImagePull',
    message: expect.stringContaining(`expected ${DIGEST}`),
  });
});

it('stops reading what is larger than any configuration', async () => {
  const piece = Buffer.alloc(1 << 20, ' ');
  const storage = await serve((_request, response) => {
    const more = (left: number): void => {
      if (left > 0 && !response.destroyed) response.write(piece, () => more(left - 1));
      else response.end();
    };
    more(64);
  });
  expect(await pull(await serve(withBlobsAt(() => `http://${storage}/`)))).toMatchObject({
    failure: 'ErrImagePull',
    message: expect.stringContaining('is larger than'),
  });
});

it('ends with a registry that sends round in circles', async () => {
  let own = '';
  own = await serve(withBlobsAt(() => `http://${own}/v2/app/blobs/${DIGEST}`));
  expect(await pull(own)).toMatchObject({ failure: 'ErrImagePull' });
});

it.each([['realm="http://token.test/"'], ['realm="ftp://x"'], ['realm="nonsense"']])(
  'gives no password to a token service in the clear: %s',
  async (realm) => {
    const host = await serve((_request, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer ${realm},service="s"` }).end();
    });
    expect(await pull(host)).toMatchObject({
      failure: 'ErrImagePull',
      message: expect.stringContaining('no safe place'),
    });
  },
);

it('gets a token for the password from the service that the registry names', async () => {
  const asked: (string | undefined)[] = [];
  const service = await serve((request, response) => {
    asked.push(request.url, request.headers.authorization);
    response.end('{"token":"t"}');
  });
  const host = await serve((request, response) => {
    if (request.headers.authorization !== 'Bearer t')
      return response
        .writeHead(401, {
          'www-authenticate': `Bearer realm="http://${service}/token",service="here"`,
        })
        .end();
    return response.end(request.url?.includes('/blobs/') ? CONFIG : MANIFEST);
  });
  expect(await pull(host)).toMatchObject({
    config: { cmd: ['run'] },
    credential: { username: 'u' },
  });
  expect(asked).toEqual(['/token?service=here&scope=repository%3Aapp%3Apull', basic]);
});
