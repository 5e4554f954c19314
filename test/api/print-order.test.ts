// The order of members in answers: clients that compare texts see what kube-apiserver prints.
import { describe, expect, it } from 'vitest';
import { createApi, NAMESPACE, pod } from './client.ts';

const MERGE = { 'content-type': 'application/merge-patch+json' };
const SORTED = '{"a":"1","m":"2","z":"3"}';

describe('maps are sorted by their keys', () => {
  it('labels, annotations and data as they are created', async () => {
    const { send } = await createApi();
    const map = { z: '3', a: '1', m: '2' };
    const { body } = await send('POST', `${NAMESPACE}/configmaps`, {
      body: { metadata: { name: 'x', labels: map, annotations: map }, data: map },
    });
    expect(JSON.stringify(body['metadata'].labels)).toBe(SORTED);
    expect(JSON.stringify(body['metadata'].annotations)).toBe(SORTED);
    expect(JSON.stringify(body['data'])).toBe(SORTED);
  });

  it('a patched label, and one of a template', async () => {
    const { send } = await createApi();
    const labels = { z: '3', m: '2' };
    await send('POST', `${NAMESPACE}/pods`, { body: pod('p', {}, { labels }) });
    const patch = { metadata: { labels: { a: '1' } } };
    const { body } = await send('PATCH', `${NAMESPACE}/pods/p`, { body: patch, headers: MERGE });
    expect(JSON.stringify(body['metadata'].labels)).toBe(SORTED);
    const { spec } = pod('');
    const path = `${NAMESPACE}/podtemplates`;
    await send('POST', path, {
      body: { metadata: { name: 't' }, template: { metadata: { labels }, spec } },
    });
    const { body: next } = await send('PATCH', `${path}/t`, {
      body: { template: patch },
      headers: MERGE,
    });
    expect(JSON.stringify(next['template'].metadata.labels)).toBe(SORTED);
  });
});

it('ports of Endpoints and slices, and the conditions of an endpoint', async () => {
  const { send } = await createApi();
  const { body: endpoints } = await send('POST', `${NAMESPACE}/endpoints`, {
    body: {
      metadata: { name: 'x' },
      subsets: [
        { addresses: [{ ip: '192.0.2.7' }], ports: [{ appProtocol: 'http', port: 80, name: 'a' }] },
      ],
    },
  });
  expect(JSON.stringify(endpoints['subsets'][0].ports)).toBe(
    '[{"name":"a","port":80,"protocol":"TCP","appProtocol":"http"}]',
  );
  const { body: slice } = await send(
    'POST',
    '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
    {
      body: {
        metadata: { name: 'x' },
        addressType: 'IPv4',
        ports: [{ port: 80 }],
        endpoints: [{ addresses: ['192.0.2.7'] }],
      },
    },
  );
  expect(JSON.stringify(slice['ports'])).toBe('[{"name":"","protocol":"TCP","port":80}]');
  expect(JSON.stringify(slice['endpoints'])).toBe('[{"addresses":["192.0.2.7"],"conditions":{}}]');
});

it('a problem of an annotation of a pod is answered twice when it is updated', async () => {
  const { send } = await createApi();
  await send('POST', `${NAMESPACE}/pods`, { body: pod('p') });
  const { status, body } = await send('PATCH', `${NAMESPACE}/pods/p`, {
    body: { metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '+x' } } },
    headers: MERGE,
  });
  expect(status).toBe(422);
  expect(body['details'].causes).toHaveLength(2);
  expect(body['message']).toMatch(/must be a 32bit integer$/);
});
