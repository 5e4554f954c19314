// list, tables and watches.
import { beforeEach, expect, it } from 'vitest';
import type { KubeObject } from '../../src/kinds/pod.ts';
import type { StoredText } from '../../src/ports/store.ts';
import { NAMESPACE, TABLE, createApi, eventsOf, pod } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
const PODS = `${NAMESPACE}/pods`;
const MAPS = `${NAMESPACE}/configmaps`;
beforeEach(async () => {
  api = await createApi();
  for (const name of ['a', 'b', 'c'])
    await api.send('POST', PODS, { body: pod(name, {}, { labels: { name } }) });
  for (const name of ['a', 'b', 'c'])
    await api.send('POST', MAPS, { body: { metadata: { name, labels: { name } } } });
});

const names = (body: { items?: { metadata: { name: string } }[] }): string[] =>
  (body.items ?? []).map((item) => item.metadata.name);

it('items of a list carry neither kind nor apiVersion; no match is an empty list', async () => {
  const { body } = await api.send('GET', PODS);
  expect(body['kind']).toBe('PodList');
  expect(body['items'][0].kind).toBeUndefined();
  expect((await api.send('GET', `${PODS}?labelSelector=x`)).body['items']).toEqual([]);
});

it.each([
  PODS,
  MAPS,
  `${NAMESPACE}/secrets`,
  `${NAMESPACE}/events`,
  '/api/v1/pods',
  '/api/v1/namespaces',
])('a whole list of %s shows what its pages show', async (path) => {
  const [whole, paged] = [await api.send('GET', path), await api.send('GET', `${path}?limit=1000`)];
  expect([whole.status, whole.headers.get('content-type'), whole.body]).toEqual([
    paged.status,
    paged.headers.get('content-type'),
    paged.body,
  ]);
});

it('a list at a version that is not there yet is answered to wait', async () => {
  expect((await api.send('GET', `${PODS}?resourceVersion=100000`)).status).toBe(504);
});

it('pages carry the version of the first page and end without a token', async () => {
  const first = await api.send('GET', `${PODS}?limit=2`);
  expect(names(first.body)).toEqual(['a', 'b']);
  expect(first.body['metadata'].remainingItemCount).toBe(1);
  await api.send('POST', PODS, { body: pod('d') });
  const second = await api.send(
    'GET',
    `${PODS}?limit=2&continue=${first.body['metadata'].continue}`,
  );
  expect(names(second.body)).toEqual(['c', 'd']);
  expect(second.body['metadata'].resourceVersion).toBe(first.body['metadata'].resourceVersion);
  expect(second.body['metadata'].continue).toBeUndefined();
});

it('E5: pages may be asked for five minutes; then 410 has a token for the rest as it is now', async () => {
  const first = await api.send('GET', `${MAPS}?limit=1`);
  const token = first.body['metadata'].continue;
  await api.ports.clock.advance(299_000);
  expect((await api.send('GET', `${MAPS}?limit=1&continue=${token}`)).status).toBe(200);
  await api.ports.clock.advance(1000);
  await api.send('POST', MAPS, { body: { metadata: { name: 'd' } } });
  const expired = await api.send('GET', `${MAPS}?limit=1&continue=${token}`);
  expect(expired.body).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
  const next = await api.send(
    'GET',
    `${MAPS}?limit=1&continue=${expired.body['metadata'].continue}`,
  );
  const { resourceVersion, remainingItemCount } = next.body['metadata'];
  expect(next.status).toBe(200);
  expect(Number(resourceVersion)).toBeGreaterThan(Number(first.body['metadata'].resourceVersion));
  // The pages behind it are one list again.
  const rest = await api.send('GET', `${MAPS}?continue=${next.body['metadata'].continue}`);
  expect(names(first.body).concat(names(next.body), names(rest.body))).toHaveLength(
    2 + remainingItemCount,
  );
  expect(rest.body['metadata'].resourceVersion).toBe(resourceVersion);
});

it.each([
  ['name=a', ['a']],
  ['name!=a', ['b', 'c']],
  ['name in (a,b)', ['a', 'b']],
  ['name notin (a)', ['b', 'c']],
  ['!name', []],
  ['name', ['a', 'b', 'c']],
  ['name==b,name', ['b']],
])('label selector %s', async (selector, expected) => {
  expect(
    names((await api.send('GET', `${PODS}?labelSelector=${encodeURIComponent(selector)}`)).body),
  ).toEqual(expected);
});

it.each([
  ['metadata.name=a', ['a']],
  ['metadata.name!=a', ['b', 'c']],
  ['status.phase=Pending', ['a', 'b', 'c']],
  ['spec.nodeName=', ['a', 'b', 'c']],
  ['status.phase!=Pending', []],
])('field selector %s', async (selector, expected) => {
  expect(
    names((await api.send('GET', `${PODS}?fieldSelector=${encodeURIComponent(selector)}`)).body),
  ).toEqual(expected);
});

it('A: kubectl get pods gets a Table with nine cells and the metadata', async () => {
  const { body } = await api.send('GET', `${PODS}?limit=500`, {
    headers: { accept: `${TABLE},application/json` },
  });
  expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
  expect(body['columnDefinitions'].map(({ name }: { name: string }) => name)).toEqual([
    'Name',
    'Ready',
    'Status',
    'Restarts',
    'Age',
    'IP',
    'Node',
    'Nominated Node',
    'Readiness Gates',
  ]);
  expect(body['rows'][0]).toMatchObject({
    cells: ['a', '0/1', 'Pending', '0', '0s', '<none>', '<none>', '<none>', '<none>'],
    object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } },
  });
});

it.each([
  PODS,
  MAPS,
  `${NAMESPACE}/secrets`,
  `${NAMESPACE}/events`,
  '/api/v1/pods?limit=2',
  '/api/v1/namespaces',
  `${PODS}?includeObject=None`,
])('the Table of %s shows what one of selected objects shows', async (path) => {
  await api.send('POST', `${NAMESPACE}/events`, {
    body: {
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'a' },
      firstTimestamp: '2020-01-01T00:00:00Z',
      lastTimestamp: '2020-01-02T00:00:00Z',
      reason: 'Tested',
    },
  });
  await api.ports.clock.advance(125_000);
  const selector = `${path.includes('?') ? '&' : '?'}labelSelector=${encodeURIComponent('!absent')}`;
  for (const turn of ['first', 'again']) {
    const whole = await api.send('GET', path, { headers: { accept: TABLE } });
    const selected = await api.send('GET', path + selector, { headers: { accept: TABLE } });
    // Without selectors the response counts the remaining objects, and so does the token.
    for (const { body } of [whole, selected]) {
      delete body['metadata'].remainingItemCount;
      if (body['metadata'].continue !== undefined) body['metadata'].continue = 'more';
    }
    expect([turn, whole.body]).toEqual([turn, selected.body]);
  }
});

it('a Table reads an object anew when it has changed, and counts ages anew each time', async () => {
  const { store, clock } = api.ports;
  const listTexts = store.listTexts.bind(store);
  const kept = new Map<string, StoredText>();
  let read = 0;
  // A store that caches its results, like the single writer's.
  store.listTexts = async (query) => {
    const page = await listTexts(query);
    const objects = page.objects.map((text) => {
      const key = (JSON.parse(text.json()) as KubeObject).metadata.resourceVersion ?? '';
      const one = kept.get(key) ?? { ...text, json: () => (read++, text.json()) };
      kept.set(key, one);
      return one;
    });
    return { ...page, objects };
  };
  const ages = async (): Promise<string[]> =>
    (await api.send('GET', PODS, { headers: { accept: TABLE } })).body['rows'].map(
      ({ cells }: { cells: string[] }) => `${cells[0]} ${cells[4]}`,
    );
  await clock.advance(20_000);
  expect(await ages()).toEqual(['a 20s', 'b 20s', 'c 20s']);
  expect(read).toBe(3);
  await clock.advance(5_000);
  expect(await ages()).toEqual(['a 25s', 'b 25s', 'c 25s']);
  expect(read).toBe(3);
  await api.send('PATCH', `${PODS}/b`, {
    body: { metadata: { labels: { more: 'x' } } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(await ages()).toEqual(['a 25s', 'b 25s', 'c 25s']);
  expect(read).toBe(4);
});

it('a watch without a version begins with what is there and ends at its timeout', async () => {
  const pending = api.send('GET', `${PODS}?watch=true&timeoutSeconds=5`);
  await api.ports.clock.advance(6000);
  const { text, headers } = await pending;
  expect(headers.get('content-type')).toBe('application/json');
  expect(eventsOf(text).map(({ type, object }) => `${type} ${object['metadata'].name}`)).toEqual([
    'ADDED a',
    'ADDED b',
    'ADDED c',
  ]);
});

async function watched(
  query: string,
  change: () => Promise<unknown>,
  headers: Record<string, string> = {},
) {
  const version = (await api.send('GET', MAPS)).body['metadata'].resourceVersion;
  const pending = api.send(
    'GET',
    `${MAPS}?watch=true&timeoutSeconds=5&resourceVersion=${version}&${query}`,
    { headers },
  );
  await change();
  await api.ports.clock.advance(6000);
  return eventsOf((await pending).text);
}

const label = (name: string, value: string | null) =>
  api.send('PATCH', `${MAPS}/${name}`, {
    body: { metadata: { labels: { name: value } } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });

it('an object that leaves the selector is DELETED with its last labels and the new version', async () => {
  const events = await watched('labelSelector=name%3Da', async () => {
    await label('a', 'z');
    await label('b', 'a');
    await label('c', 'y');
  });
  expect(
    events.map(({ type, object }) => [
      type,
      object['metadata'].name,
      object['metadata'].labels.name,
    ]),
  ).toEqual([
    ['DELETED', 'a', 'a'],
    ['ADDED', 'b', 'a'],
  ]);
  expect(Number(events[0]!.object['metadata'].resourceVersion)).toBeLessThan(
    Number(events[1]!.object['metadata'].resourceVersion),
  );
});

it('a removal carries the version of the deletion', async () => {
  const events = await watched('', () => api.send('DELETE', `${MAPS}/a`));
  expect(events.map(({ type }) => type)).toEqual(['DELETED']);
});

it('columns come with the first Table event only', async () => {
  const events = await watched(
    '',
    async () => {
      await label('a', 'x');
      await label('b', 'x');
    },
    { accept: TABLE },
  );
  expect(events.map(({ object }) => object['columnDefinitions'] === null)).toEqual([false, true]);
});

it('WatchList: existing objects, then a bookmark that says so', async () => {
  const pending = api.send(
    'GET',
    `${PODS}?watch=true&timeoutSeconds=5&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
  );
  await api.ports.clock.advance(6000);
  const events = eventsOf((await pending).text);
  expect(events.slice(0, 4).map(({ type }) => type)).toEqual([
    'ADDED',
    'ADDED',
    'ADDED',
    'BOOKMARK',
  ]);
  expect(events[3]!.object['metadata'].annotations).toEqual({
    'k8s.io/initial-events-end': 'true',
  });
});

it('a kind that is answered and not kept has no Table', async () => {
  const api = await createApi();
  const body = { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } };
  const { status } = await api.send(
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    { body, headers: { accept: TABLE } },
  );
  expect(status).toBe(406);
});

it('reading a collection page by page reads each object a few times, not once for every page before it', async () => {
  for (let number = 0; number < 60; number++)
    await api.send('POST', `${NAMESPACE}/configmaps`, {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `paged-${number + 100}` } },
    });
  const { store } = api.ports;
  const [list, listTexts] = [store.list.bind(store), store.listTexts.bind(store)];
  let read = 0;
  const counted = <Page extends { objects: unknown[] }>(page: Page): Page => {
    read += page.objects.length;
    return page;
  };
  store.list = async (query) => counted(await list(query));
  store.listTexts = async (query) => counted(await listTexts(query));
  const remaining: (number | undefined)[] = [];
  const names: string[] = [];
  for (let next: string | undefined = ''; next !== undefined;) {
    const { body } = await api.send('GET', `${NAMESPACE}/configmaps?limit=5&continue=${next}`);
    names.push(
      ...(body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name),
    );
    remaining.push(body['metadata'].remainingItemCount);
    next = body['metadata'].continue;
  }
  expect(new Set(names).size).toBe(names.length);
  expect(remaining).toEqual([
    ...Array.from({ length: remaining.length - 1 }, (_, page) => names.length - 5 * (page + 1)),
    undefined,
  ]);
  expect(read).toBeLessThan(3 * names.length);
});
