// Static pods follow the files of their directory, whatever the API is asked to do with them.
import { beforeEach, expect, it } from 'vitest';
import { systemObjects } from '../../../src/api/system-objects.ts';
import type { Pod } from '../../../src/kinds/pod.ts';
import type { ResourceVersion } from '../../../src/ports/identity.ts';
import { STATIC_PODS, keepStaticPods } from '../../../src/steps/static/keep-static-pods.ts';
import { NAMESPACE, createApi } from '../../api/client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
let said: string[];
beforeEach(async () => {
  api = await createApi({ mode: 'local', staticPods: '/manifests' });
  said = [];
});

const manifest = (image = 'busybox:1', more: object = {}): Pod =>
  ({
    metadata: { name: 'web' },
    spec: { containers: [{ name: 'c', image }], ...more },
    status: {},
  }) as Pod;
const keep = (...manifests: Pod[]): Promise<boolean> =>
  keepStaticPods(api.ports, systemObjects(api.ports)(STATIC_PODS), manifests, (line) =>
    said.push(line),
  );
const key = () => ({
  resource: 'pods',
  namespace: 'default',
  name: `web-${api.ports.settings.nodeName}`,
});
const stored = () => api.ports.store.get(key());
const url = () => `${NAMESPACE}/pods/${key().name}`;

it('P1, P2: a file becomes a pod of the node, which the API shows and cannot delete', async () => {
  expect(await keep(manifest())).toBe(true);
  const { status, body } = await api.send('GET', url());
  expect(status).toBe(200);
  expect(body['metadata']).toMatchObject({
    annotations: {
      'kubernetes.io/config.source': 'file',
      'kubernetes.io/config.mirror': body['metadata'].annotations['kubernetes.io/config.hash'],
    },
    ownerReferences: [{ kind: 'Node', controller: true }],
  });
  expect(body['spec']).toMatchObject({ nodeName: api.ports.settings.nodeName });
  expect(body['spec'].volumes).toBeUndefined();
  const refused = await api.send('DELETE', url());
  expect([refused.status, refused.body['message']]).toEqual([
    403,
    expect.stringContaining('it is a static pod'),
  ]);
});

it('P2: the same file changes nothing, another content replaces the pod, and no file removes it', async () => {
  await keep(manifest());
  const first = (await stored())?.metadata;
  await keep(manifest());
  expect((await stored())?.metadata.resourceVersion).toBe(first?.resourceVersion);
  expect(await keep(manifest('busybox:2'))).toBe(false);
  await end();
  expect(await keep(manifest('busybox:2'))).toBe(true);
  expect((await stored())?.metadata.uid).not.toBe(first?.uid);
  await keep();
  expect(await stored()).toBeUndefined();
});

it('C12: a static pod that has failed is replaced, whatever its policy', async () => {
  await keep(manifest('busybox:1', { restartPolicy: 'Never' }));
  const pod = await stored();
  await write({ ...pod, status: { phase: 'Failed' } });
  expect(await keep(manifest('busybox:1', { restartPolicy: 'Never' }))).toBe(false);
  await end();
  await keep(manifest('busybox:1', { restartPolicy: 'Never' }));
  expect((await stored())?.metadata.uid).not.toBe(pod?.metadata.uid);
});

it('J3: a static pod may have probes', async () => {
  const livenessProbe = { tcpSocket: { port: 80 } };
  await keep(manifest('x:1', { containers: [{ name: 'c', image: 'x:1', livenessProbe }] }));
  expect((await stored())?.['spec']).toMatchObject({ containers: [{ livenessProbe }] });
});

it('a manifest that the API refuses is said and left alone', async () => {
  await keep(manifest('busybox:1', { containers: [] }));
  expect(said).toEqual([expect.stringContaining('spec.containers: Required value')]);
  expect(await stored()).toBeUndefined();
});

it('without the option, what is left of static pods is deleted like any pod', async () => {
  await keep(manifest());
  delete api.ports.settings.staticPods;
  expect((await api.send('DELETE', url())).status).toBe(200);
});

async function write(object: object): Promise<void> {
  const old = await stored();
  const { resourceVersion, ...metadata } = old!.metadata;
  await api.ports.store.commit({
    object: {
      key: key(),
      object: { ...object, metadata },
      expected: resourceVersion as ResourceVersion,
    },
  });
}

/** The pod's containers have ended: it is gone. */
async function end(): Promise<void> {
  const old = await stored();
  if (old === undefined) return;
  await api.ports.store.commit({
    object: { key: key(), object: null, expected: old.metadata.resourceVersion as ResourceVersion },
  });
}

it('P2: a pod that may be created later is looked at again, one that its manifest forbids is not', async () => {
  const elsewhere = { ...manifest(), metadata: { name: 'web', namespace: 'later' } };
  expect(await keep(elsewhere)).toBe(false);
  expect(said).toEqual([expect.stringContaining('namespaces "later" not found')]);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'later' } };
  await api.send('POST', '/api/v1/namespaces', { body: namespace });
  expect([await keep(elsewhere), said.slice(1)]).toEqual([true, []]);
  expect(await keep(manifest('busybox:1', { restartPolicy: 'Sometimes' }))).toBe(false);
  expect(await keep(manifest('busybox:1', { restartPolicy: 'Sometimes' }))).toBe(true);
});
