// What Services are allocated: unique addresses and node ports, and their release.
import { beforeEach, expect, it } from 'vitest';
import { NAMESPACE, createApi } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const SERVICES = `${NAMESPACE}/services`;
const service = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

it('a Service that comes back finds its address, unless another took it', async () => {
  const first = await api.send('POST', SERVICES, { body: service('web') });
  const address = first.body['spec'].clusterIP;
  expect(address).toMatch(/^10\.96\.\d+\.\d+$/);
  await api.send('DELETE', `${SERVICES}/web`);
  const again = await api.send('POST', SERVICES, { body: service('web') });
  expect(again.body['spec'].clusterIP).toBe(address);
  await api.send('DELETE', `${SERVICES}/web`);
  await api.send('POST', SERVICES, { body: service('other', { clusterIP: address }) });
  const third = await api.send('POST', SERVICES, { body: service('web') });
  expect(third.body['spec'].clusterIP).not.toBe(address);
});

it('an address that is asked for is in the range and free', async () => {
  const { body } = await api.send('POST', SERVICES, {
    body: service('web', { clusterIP: '192.0.2.1' }),
  });
  expect(body['message']).toContain('The range of valid IPs is 10.96.0.0/16');
  const taken = await api.send('POST', SERVICES, {
    body: service('web', { clusterIP: '10.96.0.1' }),
  });
  expect(taken.body['message']).toContain('provided IP is already allocated');
});

it('two that are created at once get two addresses and two node ports', async () => {
  const replies = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) =>
      api.send('POST', SERVICES, {
        body: { ...service(name, { type: 'NodePort' }), metadata: { name } },
      }),
    ),
  );
  expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  expect(new Set(replies.map(({ body }) => body['spec'].clusterIP)).size).toBe(4);
  expect(new Set(replies.map(({ body }) => body['spec'].ports[0].nodePort)).size).toBe(4);
});

it('those with a generated name get as many addresses as there are', async () => {
  const replies = await Promise.all(
    Array.from({ length: 30 }, () =>
      api.send('POST', SERVICES, {
        body: { ...service(''), metadata: { generateName: 'many-' } },
      }),
    ),
  );
  expect(new Set(replies.map(({ body }) => body['spec'].clusterIP)).size).toBe(30);
});

it('ports of one number share a node port, and one that is taken is refused', async () => {
  const ports = [
    { name: 'tcp', port: 53 },
    { name: 'udp', port: 53, protocol: 'UDP' },
    { name: 'web', port: 80 },
  ];
  const { body } = await api.send('POST', SERVICES, {
    body: service('dns', { type: 'NodePort', ports }),
  });
  const [tcp, udp, web] = body['spec'].ports.map(({ nodePort }: { nodePort: number }) => nodePort);
  expect(udp).toBe(tcp);
  expect(web).not.toBe(tcp);
  const refused = await api.send('POST', SERVICES, {
    body: service('other', { type: 'NodePort', ports: [{ port: 80, nodePort: tcp }] }),
  });
  expect(refused.body['message']).toContain('provided port is already allocated');
});

it('a change of the type gives back what the new one cannot have', async () => {
  const made = await api.send('POST', SERVICES, { body: service('web', { type: 'NodePort' }) });
  const { nodePort } = made.body['spec'].ports[0];
  const patched = await api.send('PATCH', `${SERVICES}/web`, {
    body: { spec: { type: 'ExternalName', externalName: 'example.com' } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(patched.body['spec']).not.toHaveProperty('clusterIP');
  expect(await api.ports.store.listRecords('clusterip/')).toEqual([]);
  const next = await api.send('POST', SERVICES, {
    body: service('other', { type: 'NodePort', ports: [{ port: 80, nodePort }] }),
  });
  expect(next.status).toBe(201);
});
