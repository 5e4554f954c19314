// services/proxy: the request goes to a ready pod that the Endpoints name and that really has this address, and nowhere else.
import { expect, it } from 'vitest';
import { handle } from '../../src/api/handler.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import { NAMESPACE, createApi, pod, requestOf } from './client.ts';

const targetRef = { kind: 'Pod', namespace: 'default', name: 'p' };

/** A Service `web` with ports a (80) and b (81), Endpoints as given, and a pod `p` at 10.1.0.1. */
async function served(
  address: object,
  answer: () => Response | Promise<Response> = () => new Response('hello'),
) {
  const api = await createApi();
  await api.send('POST', `${NAMESPACE}/pods`, { body: pod('p') });
  const key = { resource: 'pods', namespace: 'default', name: 'p' };
  const { metadata, ...stored } = (await api.ports.store.get(key))!;
  const status = { podIP: '10.1.0.1', podIPs: [{ ip: '10.1.0.1' }] };
  await api.ports.store.commit({
    object: {
      key,
      object: { ...stored, metadata, status },
      expected: metadata.resourceVersion as ResourceVersion,
    },
  });
  await api.send('POST', `${NAMESPACE}/services`, {
    body: {
      metadata: { name: 'web' },
      spec: {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
        ],
      },
    },
  });
  await api.send('POST', `${NAMESPACE}/endpoints`, {
    body: {
      metadata: { name: 'web' },
      subsets: [{ addresses: [address], ports: [{ name: 'a', port: 8080 }] }],
    },
  });
  const urls: string[] = [];
  const logged: string[] = [];
  const ports = {
    ...api.ports,
    log: (_level: string, message: string) => logged.push(message),
    podHttp: (request: Request) => {
      urls.push(request.url);
      return Promise.resolve(answer());
    },
  };
  return {
    urls,
    logged,
    get: (path: string) => handle(ports, requestOf('GET', `${NAMESPACE}/services/${path}`)),
  };
}

it('a page’s links to its own root lead through the proxy, and the proxy’s path ends in a slash', async () => {
  const page = '<a href="/x" title="/t">t</a><img src=\'/y\' longdesc=/z><a href="//other/">o</a>';
  const { get } = await served(
    { ip: '10.1.0.1', targetRef },
    () => new Response(page, { headers: { 'content-type': 'text/html' } }),
  );
  const root = `${NAMESPACE}/services/web:a/proxy`;
  expect(await (await get('web:a/proxy/')).text()).toBe(
    `<a href="${root}/x" title="/t">t</a><img src='${root}/y' longdesc=${root}/z><a href="//other/">o</a>`,
  );
  const redirected = await get('web:a/proxy?q=1');
  expect([redirected.status, redirected.headers.get('location')]).toEqual([301, `${root}/?q=1`]);
});

it.each([
  ['web:a/proxy/x%3Fy?q=1', 'http://10.1.0.1:8080/x%3Fy?q=1'],
  ['web:80/proxy/', 'http://10.1.0.1:8080/'],
  ['https:web:a/proxy/', 'https://10.1.0.1:8080/'],
])('%s goes to %s', async (path, url) => {
  const { get, urls } = await served({ ip: '10.1.0.1', targetRef });
  const answer = await get(path);
  expect([answer.status, await answer.text(), urls]).toEqual([200, 'hello', [url]]);
});

it.each([
  ['a port without endpoints', { ip: '10.1.0.1', targetRef }, 'web:b/proxy/', 503, 'web:b'],
  ['no port of this number', { ip: '10.1.0.1', targetRef }, 'web:82/proxy/', 503, '82'],
  ['no Service', { ip: '10.1.0.1', targetRef }, 'other:a/proxy/', 404, 'other'],
  ['an address of no pod', { ip: '10.1.0.1' }, 'web:a/proxy/', 503, 'no endpoints available'],
  ["another pod's address", { ip: '10.1.0.9', targetRef }, 'web:a/proxy/', 503, 'no endpoints'],
  [
    'a scheme of its own',
    { ip: '10.1.0.1', targetRef },
    'ftp:web:a/proxy/',
    400,
    'invalid service',
  ],
])('%s: refused, and nothing is fetched', async (_why, address, path, code, text) => {
  const { get, urls } = await served(address);
  const answer = await get(path);
  expect([answer.status, urls]).toEqual([code, []]);
  expect(await answer.text()).toContain(text);
});

it('a pod that refuses the connection is 503 with the reason, and no fault in the log', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.1.0.1:8080'), {
    code: 'ECONNREFUSED',
  });
  const { get, logged } = await served({ ip: '10.1.0.1', targetRef }, () =>
    Promise.reject(new TypeError('fetch failed', { cause: refused })),
  );
  const answer = await get('web:a/proxy/');
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    message: 'error trying to reach service: dial tcp 10.1.0.1:8080: connect: connection refused',
  });
  expect(logged).toEqual([]);
});
