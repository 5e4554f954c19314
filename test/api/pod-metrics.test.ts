// metrics.k8s.io: the numbers that a podlet has reported, as `kubectl top pod` reads them.
import { beforeEach, expect, it } from 'vitest';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import type { PodRecord } from '../../src/record/record.ts';
import { recordHeartbeat } from '../../src/steps/sync/heartbeat.ts';
import { NAMESPACE, createApi, pod } from './client.ts';

const METRICS = '/apis/metrics.k8s.io/v1beta1';
let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

async function running(name: string, usedAt?: string): Promise<void> {
  const { body } = await api.send('POST', `${NAMESPACE}/pods`, {
    body: pod(name, {}, { labels: { app: name } }),
  });
  const key = { resource: 'pods', namespace: 'default', name };
  const { metadata, ...stored } = (await api.ports.store.get(key))!;
  await api.ports.store.commit({
    object: {
      key,
      object: { ...stored, metadata, status: { phase: 'Running' } },
      expected: metadata.resourceVersion as ResourceVersion,
    },
  });
  if (usedAt === undefined) return;
  const used = { cpuNanoCores: 1_500_000, memoryBytes: 1_048_577 };
  await recordHeartbeat(api.ports, { uid: body['metadata'].uid } as PodRecord, {
    at: usedAt,
    windowMs: 15_000,
    containers: { c: used, 'droppod-podlet': used },
  });
}

it('shows the pods that have numbers, without the podlet', async () => {
  await running('a', '2026-01-01T00:00:00Z');
  await running('none-yet');
  await running('old', '2025-12-31T23:00:00Z');
  const { body } = await api.send('GET', `${METRICS}/namespaces/default/pods`);
  expect(body).toMatchObject({ kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1' });
  expect(body['items']).toMatchObject([
    {
      metadata: { name: 'a', namespace: 'default' },
      timestamp: '2026-01-01T00:00:00Z',
      window: '15s',
      containers: [{ name: 'c', usage: { cpu: '1500000n', memory: '1025Ki' } }],
    },
  ]);
  expect(body['items'][0].containers).toHaveLength(1);
});

it('one pod, or by label, or 404', async () => {
  await running('a', '2026-01-01T00:00:00Z');
  const one = await api.send('GET', `${METRICS}/namespaces/default/pods/a`);
  expect(one.body).toMatchObject({ kind: 'PodMetrics', metadata: { name: 'a' } });
  const others = await api.send('GET', `${METRICS}/pods?labelSelector=app%3Db`);
  expect(others.body['items']).toEqual([]);
  await running('none-yet');
  const none = await api.send('GET', `${METRICS}/namespaces/default/pods/none-yet`);
  expect(none.status).toBe(404);
});
