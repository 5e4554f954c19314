// `/eviction` and PodDisruptionBudgets: what an eviction deducts from a budget, and when it is refused.
import { beforeEach, expect, it } from 'vitest';
import type { KubeObject } from '../../src/kinds/pod.ts';
import type { ResourceVersion } from '../../src/ports/identity.ts';
import { NAMESPACE, createApi, place, pod } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
  for (const name of ['a', 'b']) await running(name);
});

const labels = { app: 'x' };
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

async function change(
  resource: string,
  name: string,
  next: (old: KubeObject) => object,
): Promise<void> {
  const key = { resource, namespace: 'default', name };
  const old = (await api.ports.store.get(key))!;
  const { resourceVersion, ...metadata } = old.metadata;
  await api.ports.store.commit({
    object: {
      key,
      object: { ...old, ...next(old), metadata },
      expected: resourceVersion as ResourceVersion,
    },
  });
}

async function running(name: string, isReady = true): Promise<void> {
  await api.send('POST', `${NAMESPACE}/pods`, { body: pod(name, {}, { labels }) });
  await place(api, 'default', name);
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  await change('pods', name, ({ status }) => ({
    status: { ...(status as object), phase: 'Running', conditions },
  }));
}

async function budget(
  status: object,
  spec: object = { minAvailable: 1 },
  name = 'b',
): Promise<void> {
  await api.send('POST', BUDGETS, {
    body: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name },
      spec: { selector: { matchLabels: labels }, ...spec },
    },
  });
  await change('poddisruptionbudgets.policy', name, (old) => ({
    status: { ...(old['status'] as object), observedGeneration: 1, ...status },
  }));
}

const evict = (name: string, fields: object = {}) =>
  api.send('POST', `${NAMESPACE}/pods/${name}/eviction`, {
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...fields },
  });
const stored = async () => (await api.send('GET', `${BUDGETS}/b`)).body['status'] as object;

it('takes one disruption off the budget, marks the pod, and deletes it', async () => {
  await budget({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 });
  expect((await evict('a')).status).toBe(201);
  expect(await stored()).toMatchObject({
    disruptionsAllowed: 0,
    disruptedPods: { a: '2026-01-01T00:00:00Z' },
    conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
  });
  const { body } = await api.send('GET', `${NAMESPACE}/pods/a`);
  expect(body['metadata'].deletionTimestamp).toBeDefined();
  expect(body['status'].conditions).toContainEqual(
    expect.objectContaining({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
    }),
  );
});

it('takes an Eviction of policy/v1beta1, as kube-apiserver does', async () => {
  expect((await evict('a', { apiVersion: 'policy/v1beta1' })).status).toBe(201);
});

it('refuses with 429 where the budget has none left, and changes nothing', async () => {
  await budget({ disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 });
  const { status, body } = await evict('a');
  expect([status, body['reason'], body['message']]).toEqual([
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
  ]);
  expect(body['details'].causes).toEqual([
    {
      reason: 'DisruptionBudget',
      message: 'The disruption budget b needs 2 healthy pods and has 2 currently',
    },
  ]);
  const left = (await api.send('GET', `${NAMESPACE}/pods/a`)).body;
  expect(left['metadata'].deletionTimestamp).toBeUndefined();
  expect(left['status'].conditions).toHaveLength(1);
});

it('asks to come again while the budget is new', async () => {
  await budget({ observedGeneration: 0, disruptionsAllowed: 1 });
  const { status, headers, body } = await evict('a');
  expect([status, headers.get('retry-after')]).toEqual([429, '10']);
  expect(body['details'].causes[0].message).toBe(
    'The disruption budget b is still being processed by the server.',
  );
});

it.each([
  ['deletes one where the budget is met', { currentHealthy: 1, desiredHealthy: 1 }, {}, 201],
  ['keeps one where it is not', { currentHealthy: 0, desiredHealthy: 1 }, {}, 429],
  [
    'deletes one where the budget says so',
    { currentHealthy: 0, desiredHealthy: 1 },
    { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    201,
  ],
])('of pods that are not ready it %s', async (_name, status, spec, code) => {
  await running('c', false);
  await budget(status, { minAvailable: 1, ...spec });
  expect((await evict('c')).status).toBe(code);
});

it('does not choose between two budgets', async () => {
  await budget({});
  await budget({}, { minAvailable: 1 }, 'c');
  const { status, body } = await evict('a');
  expect([status, body['message']]).toEqual([
    500,
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  ]);
});

it('a dry run takes nothing', async () => {
  await budget({ disruptionsAllowed: 1 });
  expect((await evict('a', { deleteOptions: { dryRun: ['All'] } })).status).toBe(201);
  expect(await stored()).toMatchObject({ disruptionsAllowed: 1 });
});

it('asks the budget before the preconditions, and takes nothing for a pod that is not meant', async () => {
  const other = { deleteOptions: { preconditions: { uid: 'another' } } };
  await budget({ disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 });
  expect((await evict('a', other)).status).toBe(429);
  await change('poddisruptionbudgets.policy', 'b', (old) => ({
    status: { ...(old['status'] as object), disruptionsAllowed: 1 },
  }));
  expect((await evict('a', other)).status).toBe(409);
  expect(await stored()).toMatchObject({ disruptionsAllowed: 1 });
});
