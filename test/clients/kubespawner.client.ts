// JupyterHub with KubeSpawner: a user's server is a pod whose home is a claim that outlives it and goes with its user.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { itWith, type ClientDroppod } from './client-test.ts';
import { debianImage } from './image.ts';
import { engineAddress } from './engine-address.ts';
import { nodeModules, python } from './obtain.ts';

const CONFIG = fileURLToPath(new URL('kubespawner/jupyterhub_config.py', import.meta.url));
const TOKEN = 'the-token-of-the-service-client';

/** The hub's Python, its proxy and the image of its users' servers; undefined where one cannot be had. */
async function obtain(): Promise<{ path: string; proxy: string; image: string } | undefined> {
  const path = await python('kubespawner', ['jupyterhub==6.1.1', 'jupyterhub-kubespawner==7.1.0']);
  const modules = await nodeModules('kubespawner', ['configurable-http-proxy@5.3.0']);
  const image = await debianImage('kubespawner', {
    debian: ['python3', 'openjdk-17-jre-headless', 'ca-certificates'],
    pypi: ['jupyterhub==6.1.1', 'jupyterlab==4.6.6'],
    files: {},
    changes: ['ENV PATH=/opt/site/bin:/usr/bin:/bin', 'ENV PYTHONPATH=/opt/site'],
  });
  if (path === undefined || modules === undefined || image === undefined) return undefined;
  return { path, proxy: join(modules, '.bin/configurable-http-proxy'), image };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks the hub, or a user's server behind its proxy; 0 where nobody answers. */
async function ask(
  url: string,
  method: string,
  path: string,
  body?: object,
): Promise<[number, string]> {
  const headers = { authorization: `token ${TOKEN}`, 'content-type': 'application/json' };
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  return fetch(`${url}${path}`, { method, headers, ...json }).then(
    async (answer) => [answer.status, await answer.text()],
    (error: unknown) => [0, String(error)],
  );
}

async function startServer({ dp }: ClientDroppod, url: string): Promise<void> {
  const [status, text] = await ask(url, 'POST', '/hub/api/users/ada/server');
  expect([201, 202], text).toContain(status);
  const ready = async (): Promise<string> => {
    const [, user] = await ask(url, 'GET', '/hub/api/users/ada');
    return user;
  };
  await expect.poll(ready, { timeout: 240_000, interval: 1000 }).toMatch(/"ready": ?true/);
  expect((await dp.k('get', 'pods', '--no-headers')).stdout).toMatch(
    /^jupyter-ada\S* +1\/1 +Running/,
  );
}

async function stopServer({ dp }: ClientDroppod, url: string): Promise<void> {
  expect([202, 204]).toContain((await ask(url, 'DELETE', '/hub/api/users/ada/server'))[0]);
  await expect
    .poll(async () => (await dp.k('get', 'pods', '-o', 'name')).stdout, { timeout: 120_000 })
    .toBe('');
  const stopped = async (): Promise<string> => (await ask(url, 'GET', '/hub/api/users/ada'))[1];
  await expect.poll(stopped, { timeout: 60_000 }).toMatch(/"servers": ?\{\}/);
}

itWith(await obtain(), 'KubeSpawner: a home is a claim', async (client, { path, proxy, image }) => {
  const { dp, start } = client;
  const [hubPort, port, proxyPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  const hub = start(path, ['-m', 'jupyterhub', '-f', CONFIG], {
    HUB_URL: url,
    HUB_PORT: `${hubPort}`,
    HUB_HOST: await engineAddress(),
    HUB_TOKEN: TOKEN,
    PROXY: proxy,
    PROXY_PORT: `${proxyPort}`,
    IMAGE: image,
  });
  const answers = async (): Promise<number> => (await ask(url, 'GET', '/hub/api/users'))[0];
  await expect.poll(answers, { timeout: 120_000, interval: 500 }).toBe(200);
  expect((await ask(url, 'POST', '/hub/api/users/ada'))[0]).toBe(201);

  await startServer(client, url);
  const note = { type: 'file', format: 'text', content: 'kept' };
  const [written, said] = await ask(url, 'PUT', '/user/ada/api/contents/note.txt', note);
  expect(written, said).toBe(201);
  await stopServer(client, url);
  expect((await dp.k('get', 'pvc', '--no-headers')).stdout).toMatch(/^claim-ada\S* +Bound/);

  await startServer(client, url);
  expect((await ask(url, 'GET', '/user/ada/api/contents/note.txt'))[1]).toContain('"kept"');
  await stopServer(client, url);
  expect((await ask(url, 'DELETE', '/hub/api/users/ada'))[0]).toBe(204);
  await expect
    .poll(async () => (await dp.k('get', 'pvc,pv', '-o', 'name')).stdout, { timeout: 60_000 })
    .toBe('');
  await hub.end('SIGTERM');
});
