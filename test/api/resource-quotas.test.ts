// ResourceQuota: the kind's rules, and its effect on writes in its namespace.
import { beforeEach, describe, expect, it } from 'vitest';
import { resourceQuotaController } from '../../src/controllers/resource-quota.ts';
import type { KubeObject } from '../../src/kinds/pod.ts';
import { NAMESPACE, TABLE, createApi, pod } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const QUOTAS = `${NAMESPACE}/resourcequotas`;
const MERGE = { 'content-type': 'application/merge-patch+json' };
const quota = (spec: object, name = 'q') => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name },
  spec,
});
const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
});
const sized = (name: string, cpu: string, memory: string) =>
  pod(name, {
    containers: [
      {
        name: 'app',
        image: 'busybox:1',
        resources: { requests: { cpu }, limits: { cpu, memory } },
      },
    ],
  });
const post = (kind: string, body: object, query = '') =>
  api.send('POST', `${NAMESPACE}/${kind}${query}`, { body });
const stored = async (name = 'q') =>
  (await api.ports.store.get({ resource: 'resourcequotas', namespace: 'default', name }))!;
const used = async () => (await api.send('GET', `${QUOTAS}/q`)).body['status'].used as object;

/** One pass of the controller over the quota, as in its loop. */
async function recount(name = 'q'): Promise<void> {
  const object = await stored(name);
  const reads = resourceQuotaController.readsFor?.(object) ?? [];
  const lists = new Map<string, KubeObject[]>();
  for (const resource of reads)
    lists.set(resource, (await api.ports.store.list({ resource, namespace: 'default' })).objects);
  const world = { list: (resource: string) => lists.get(resource) ?? [], refused: [] };
  const { writes } = resourceQuotaController.reconcile(object, world, api.ports.clock.now());
  for (const write of writes)
    if (write.verb === 'updateStatus') {
      const { resourceVersion, ...metadata } = write.object.metadata;
      await api.ports.store.commit({
        object: {
          key: { resource: 'resourcequotas', namespace: 'default', name },
          object: { ...write.object, metadata },
          expected: resourceVersion as never,
        },
      });
    }
}

const withQuota = async (hard: object, spec: object = {}): Promise<void> => {
  const { status } = await post('resourcequotas', quota({ hard, ...spec }));
  expect(status).toBe(201);
  await recount();
};

describe('writes under a quota', () => {
  it('counts a pod before it is stored, and refuses what exceeds', async () => {
    await withQuota({ pods: '2', 'requests.cpu': '300m', 'limits.memory': '100Mi' });
    expect(await used()).toEqual({ pods: '0', 'requests.cpu': '0', 'limits.memory': '0' });
    expect((await post('pods', sized('first', '200m', '40Mi'))).status).toBe(201);
    expect(await used()).toEqual({ pods: '1', 'requests.cpu': '200m', 'limits.memory': '40Mi' });
    const { status, body } = await post('pods', sized('second', '200m', '80Mi'));
    expect([status, body['message']]).toEqual([
      403,
      'pods "second" is forbidden: exceeded quota: q, requested: limits.memory=80Mi,requests.cpu=200m, used: limits.memory=40Mi,requests.cpu=200m, limited: limits.memory=100Mi,requests.cpu=300m',
    ]);
    expect((await post('pods', sized('second', '50m', '20Mi'))).status).toBe(201);
    expect((await post('pods', sized('third', '10m', '1Mi'))).body['message']).toBe(
      'pods "third" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    );
    await recount();
    expect(await used()).toEqual({ pods: '2', 'requests.cpu': '250m', 'limits.memory': '60Mi' });
    expect(await stored()).toMatchObject({ charges: [] });
  });

  it('asks every container for what it counts', async () => {
    await withQuota({ 'requests.cpu': '1', 'limits.memory': '1Gi' });
    const { body } = await post('pods', pod('bare'));
    expect(body['message']).toBe(
      'pods "bare" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c',
    );
  });

  it('does not judge before its own status is there', async () => {
    await post('resourcequotas', quota({ hard: { pods: '1' } }));
    const { status, body } = await post('pods', pod('p'));
    expect([status, body['message']]).toEqual([
      403,
      'pods "p" is forbidden: status unknown for quota: q, resources: pods',
    ]);
    expect((await post('configmaps', configMap('c'))).status).toBe(201);
  });

  it('of two writes at once only one has the last place', async () => {
    await withQuota({ configmaps: '2' });
    const codes = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => (await post('configmaps', configMap(name))).status),
    );
    expect(codes.sort()).toEqual([201, 403, 403]);
  });

  it('gives back what the store refuses', async () => {
    await withQuota({ configmaps: '5' });
    await post('configmaps', configMap('a'));
    expect((await post('configmaps', configMap('a'))).status).toBe(409);
    expect(await used()).toEqual({ configmaps: '2' });
    expect((await stored())['charges']).toHaveLength(1);
  });

  it('all quotas must pass, and none counts what another refuses', async () => {
    await withQuota({ pods: '5' });
    await post('resourcequotas', quota({ hard: { 'count/pods': '0' } }, 'r'));
    await recount('r');
    expect((await post('pods', pod('p'))).status).toBe(403);
    expect(await used()).toEqual({ pods: '0' });
  });

  it('a dry run checks and counts nothing', async () => {
    await withQuota({ pods: '1' });
    expect((await post('pods', pod('p'), '?dryRun=All')).status).toBe(201);
    expect(await used()).toEqual({ pods: '0' });
    await post('pods', pod('p'));
    expect((await post('pods', pod('q'), '?dryRun=All')).status).toBe(403);
  });

  it('an update is charged for what it adds', async () => {
    await withQuota({ 'services.nodeports': '1' });
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's' },
      spec: { ports: [{ port: 80 }], selector: { a: 'b' } },
    };
    expect((await post('services', service)).status).toBe(201);
    const patch = (spec: object) =>
      api.send('PATCH', `${NAMESPACE}/services/s`, { body: { spec }, headers: MERGE });
    expect((await patch({ type: 'NodePort' })).status).toBe(200);
    expect(await used()).toEqual({ 'services.nodeports': '1' });
    const { status } = await patch({
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 81 },
      ],
    });
    expect(status).toBe(403);
  });

  it('counts the storage of claims, also by class', async () => {
    const OF_CLASS = 'slow.storageclass.storage.k8s.io/requests.storage';
    await withQuota({ 'requests.storage': '3Gi', [OF_CLASS]: '1Gi', persistentvolumeclaims: '5' });
    const claim = async (name: string, storage: string, storageClassName: string) =>
      (
        await post('persistentvolumeclaims', {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name },
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName,
            resources: { requests: { storage } },
          },
        })
      ).body['message'] as string | undefined;
    expect(await claim('a', '2Gi', '')).toBeUndefined();
    expect(await claim('b', '2Gi', '')).toContain('requested: requests.storage=2Gi');
    expect(await claim('c', '1Gi', 'slow')).toBeUndefined();
    expect(await used()).toEqual({
      persistentvolumeclaims: '2',
      'requests.storage': '3Gi',
      [OF_CLASS]: '1Gi',
    });
  });

  it('a pod at its end and one past its grace are not counted, but exist', async () => {
    await withQuota({ pods: '5', 'count/pods': '5' });
    await post('pods', pod('p'));
    await api.send('PATCH', `${NAMESPACE}/pods/p/status`, {
      body: { status: { phase: 'Failed' } },
      headers: MERGE,
    });
    await recount();
    expect(await used()).toEqual({ pods: '0', 'count/pods': '1' });
  });
});

describe('scopes', () => {
  it.each([
    ['Terminating', { activeDeadlineSeconds: 5 }, {}],
    ['NotTerminating', {}, { activeDeadlineSeconds: 5 }],
  ])('%s counts only its pods', async (scope, counted, other) => {
    await withQuota({ pods: '1' }, { scopes: [scope] });
    expect((await post('pods', pod('a', other))).status).toBe(201);
    expect((await post('pods', pod('b', counted))).status).toBe(201);
    expect((await post('pods', pod('c', other))).status).toBe(201);
    expect((await post('pods', pod('d', counted))).status).toBe(403);
  });

  it('PriorityClass counts the pods that name one of its classes', async () => {
    const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
    for (const name of ['high', 'low'])
      await api.send('POST', classes, {
        body: {
          apiVersion: 'scheduling.k8s.io/v1',
          kind: 'PriorityClass',
          metadata: { name },
          value: 5,
        },
      });
    const expression = { scopeName: 'PriorityClass', operator: 'In', values: ['high'] };
    await withQuota({ pods: '0' }, { scopeSelector: { matchExpressions: [expression] } });
    expect((await post('pods', pod('a', { priorityClassName: 'low' }))).status).toBe(201);
    expect((await post('pods', pod('b', { priorityClassName: 'high' }))).status).toBe(403);
  });
});

describe('the kind', () => {
  it.each([
    [
      { hard: { pods: '-1' } },
      'spec.hard[pods]',
      'Invalid value: "-1": must be greater than or equal to 0',
    ],
    [{ hard: { pods: '1.5' } }, 'spec.hard[pods]', 'Invalid value: "1500m": must be an integer'],
    [
      { hard: { nonsense: '1' } },
      'spec.hard[nonsense]',
      'Invalid value: "nonsense": must be a standard resource type or fully qualified',
    ],
    [
      { hard: { pods: '1' }, scopes: ['Odd'] },
      'spec.scopes',
      'Invalid value: ["Odd"]: unsupported scope',
    ],
    [
      { hard: { 'requests.cpu': '1' }, scopes: ['BestEffort'] },
      'spec.scopes',
      'Invalid value: ["BestEffort"]: unsupported scope applied to resource',
    ],
    [
      { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] },
      'spec.scopes',
      'Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
    ],
  ])('refuses %j', async (spec, field, message) => {
    const { status, body } = await post('resourcequotas', quota(spec));
    expect(status).toBe(422);
    expect(body['details'].causes[0]).toMatchObject({ field, message });
  });

  it('keeps its scopes, and shows what is used of it', async () => {
    await withQuota({ pods: '2', 'limits.cpu': '1' });
    const { body } = await api.send('PATCH', `${QUOTAS}/q`, {
      body: { spec: { scopes: ['NotBestEffort'] } },
      headers: MERGE,
    });
    expect(body['message']).toContain(
      'spec.scopes: Invalid value: ["NotBestEffort"]: field is immutable',
    );
    const table = await api.send('GET', QUOTAS, { headers: { accept: TABLE } });
    expect(table.body['rows'][0].cells.slice(0, 3)).toEqual(['q', 'pods: 0/2', 'limits.cpu: 0/1']);
  });

  it('no client sees or writes what is charged and not settled', async () => {
    await withQuota({ configmaps: '5' });
    await post('configmaps', configMap('a'));
    const { body } = await api.send('GET', `${QUOTAS}/q`);
    expect(body).not.toHaveProperty('charges');
    await api.send('PUT', `${QUOTAS}/q`, {
      body: { ...body, spec: { hard: { configmaps: '6' } } },
    });
    expect((await stored())['charges']).toHaveLength(1);
  });
});
