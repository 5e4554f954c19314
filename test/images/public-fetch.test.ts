// Which requests a registry may make a function on AWS send.
import { expect, it } from 'vitest';
import { isPublicAddress, publicFetch } from '../../src/images/public-fetch.ts';

it.each([
  ['8.8.8.8', true],
  ['52.95.110.1', true],
  ['2600:1f18::1', true],
  ['127.0.0.1', false],
  ['127.9.9.9', false],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['100.64.0.1', false],
  ['169.254.169.254', false],
  ['169.254.170.2', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fd00:ec2::254', false],
  ['ff02::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:169.254.170.2', false],
  ['64:ff9b::a9fe:aa02', false],
  ['2002:7f00:1::', false],
  ['no address', false],
])('%s is public: %s', (address, open) => expect(isPublicAddress(address)).toBe(open));

interface Asked {
  url: string;
  authorization: string | undefined;
}

function registry(answers: Record<string, string>, names: Record<string, string> = {}) {
  const asked: Asked[] = [];
  const get = publicFetch(
    (url, { headers }) => {
      asked.push({ url, authorization: headers['authorization'] });
      const location = answers[url];
      return Promise.resolve(
        location === undefined
          ? new Response('{}')
          : new Response(null, { status: 307, headers: { location } }),
      );
    },
    (host) => Promise.resolve([{ address: names[host] ?? '93.184.216.34', family: 4 }]),
  );
  return {
    asked,
    get: (url: string) => get(url, { method: 'GET', headers: { authorization: 'Basic x' } }),
  };
}

it('a credential does not follow a redirect to another host, and does to the same', async () => {
  const { asked, get } = registry({
    'https://r.example/a': '/b',
    'https://r.example/b': 'https://storage.example/c',
  });
  expect((await get('https://r.example/a')).status).toBe(200);
  expect(asked.map(({ authorization }) => authorization)).toEqual([
    'Basic x',
    'Basic x',
    undefined,
  ]);
});

it.each([
  [
    "a redirect to the runtime's port",
    { 'https://r.example/a': 'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next' },
    {},
  ],
  [
    "a redirect to the role's credentials",
    { 'https://r.example/a': 'https://169.254.170.2/v2/credentials' },
    {},
  ],
  [
    'a redirect to a name that leads inside',
    { 'https://r.example/a': 'https://inner.example/' },
    { 'inner.example': '10.0.0.7' },
  ],
  ['a registry whose own name leads inside', {}, { 'r.example': '::1' }],
  ['a redirect to a file', { 'https://r.example/a': 'file:///etc/passwd' }, {}],
])('%s is not followed', async (_name, answers, names: Record<string, string>) => {
  const { asked, get } = registry(answers as Record<string, string>, names);
  await expect(get('https://r.example/a')).rejects.toThrow(/not a public address|is not asked/);
  expect(asked.every(({ url }) => url === 'https://r.example/a')).toBe(true);
});

it('a redirect in circles ends', async () => {
  const { asked, get } = registry({ 'https://r.example/a': 'https://r.example/a' });
  await expect(get('https://r.example/a')).rejects.toThrow('stopped after 10 redirects');
  expect(asked).toHaveLength(11);
});
