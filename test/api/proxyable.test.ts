// Where the proxy subresource may lead: to pods, never to the server's own machine or its metadata services.
import { describe, expect, it } from 'vitest';
import { handle } from '../../src/api/handler.ts';
import { isProxyable } from '../../src/api/subresources/proxyable.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import { createApi, NAMESPACE, pod, requestOf } from './client.ts';

it.each([
  ['10.0.0.7', true],
  ['172.18.0.2', true],
  ['192.0.2.1', true],
  ['fd00:1::7', true],
  ['2001:db8::1', true],
  ['127.0.0.1', false],
  ['127.9.9.9', false],
  ['0.0.0.0', false],
  ['169.254.169.254', false],
  ['169.254.170.2', false],
  ['224.0.0.1', false],
  ['239.1.1.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['fe80::1', false],
  ['fe80::1%eth0', false],
  ['ff02::1', false],
  ['fd00:ec2::254', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:169.254.169.254', false],
  ['::ffff:7f00:1', false],
  ['localhost', false],
  ['', false],
  ['10.0.0.7:80', false],
  ['10.0.0', false],
  ['0x7f.1', false],
  ['2130706433', false],
])('the address %j is allowed: %s', (address, allowed) =>
  expect(isProxyable(address)).toBe(allowed),
);

describe('pods/proxy', () => {
  /** The API with a pod at this address according to its status; returns what was fetched from pods. */
  async function at(
    podIP: string,
    answer: () => Response = () => new Response('pod'),
  ): Promise<{
    fetched: Request[];
    get: (path: string, method?: string, headers?: Record<string, string>) => Promise<Response>;
  }> {
    const api = await createApi();
    await api.send('POST', `${NAMESPACE}/pods`, { body: pod('p') });
    const key = { resource: 'pods', namespace: 'default', name: 'p' };
    const {
      metadata: { resourceVersion, ...metadata },
      ...stored
    } = (await api.ports.store.get(key))!;
    await api.ports.store.commit({
      object: {
        key,
        object: { ...stored, metadata, status: { phase: 'Running', podIP } },
        expected: resourceVersion as ResourceVersion,
      },
    });
    expect((await api.send('GET', `${NAMESPACE}/pods/p`)).body['status']).toMatchObject({ podIP });
    const fetched: Request[] = [];
    const ports = {
      ...api.ports,
      podHttp: (request: Request) => {
        fetched.push(request);
        return Promise.resolve(answer());
      },
    };
    return {
      fetched,
      get: (path, method = 'GET', headers = {}) =>
        handle(ports, requestOf(method, `${NAMESPACE}/pods/${path}`, { headers })),
    };
  }

  it.each([
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '169.254.169.254',
    '169.254.170.2',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'ff02::1',
    'fd00:ec2::254',
    '::ffff:127.0.0.1',
    '::ffff:169.254.170.2',
    '::ffff:7f00:1',
  ])('refuses a pod whose status says the address %s, and fetches nothing', async (podIP) => {
    const { fetched, get } = await at(podIP);
    for (const [path, method] of [
      ['p/proxy/', 'GET'],
      ['p:8080/proxy/a', 'GET'],
      ['https:p:443/proxy/a?b=c', 'GET'],
      ['p/proxy/', 'DELETE'],
    ] as const) {
      const answer = await get(path, method);
      expect(answer.status, path).toBe(400);
      expect(await answer.json(), path).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'address not allowed',
        reason: 'BadRequest',
        code: 400,
      });
    }
    expect(fetched).toEqual([]);
  });

  it.each(['http://169.254.170.2/v2/credentials', 'http://127.0.0.1:1/', '//[::1]/', '/elsewhere'])(
    'passes a redirect to %s on, and does not follow it',
    async (location) => {
      const { fetched, get } = await at(
        '10.0.0.7',
        () => new Response('moved', { status: 302, headers: { location } }),
      );
      const answer = await get('p:8080/proxy/a?b=c');
      expect(answer.status).toBe(302);
      expect(answer.headers.get('location')).toBe(location);
      expect(await answer.text()).toBe('moved');
      expect(fetched.map(({ url, redirect }) => ({ url, redirect }))).toEqual([
        { url: 'http://10.0.0.7:8080/a?b=c', redirect: 'manual' },
      ]);
    },
  );

  it("takes the caller's credentials to no pod", async () => {
    const { fetched, get } = await at('10.0.0.7');
    expect((await get('p/proxy/')).status).toBe(200);
    expect(fetched.map(({ headers }) => headers.get('authorization'))).toEqual([null]);
  });

  it("takes no token of a WebSocket's protocols to a pod, nor whom the caller acts as", async () => {
    const { fetched, get } = await at('10.0.0.7');
    const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('secret').toString('base64url')}`;
    for (const protocols of [token, `chat, ${token},v2`])
      await get('p/proxy/', 'GET', {
        'sec-websocket-protocol': protocols,
        'impersonate-user': 'admin',
        'impersonate-group': 'system:masters',
        'impersonate-extra-a': 'b',
        'x-own': 'kept',
      });
    expect(fetched.map(({ headers }) => Object.fromEntries(headers))).toEqual([
      { 'x-own': 'kept' },
      { 'x-own': 'kept', 'sec-websocket-protocol': 'chat, v2' },
    ]);
  });

  it.each(['a%3Fb=c', 'a%23b?x=1', 'a%2Fb//c%25d/', ''])(
    'passes the path on as it was sent: %s',
    async (path) => {
      const { fetched, get } = await at('10.0.0.7');
      await get(`p:8080/proxy/${path}`);
      expect(fetched.map(({ url }) => url)).toEqual([`http://10.0.0.7:8080/${path}`]);
    },
  );
});
