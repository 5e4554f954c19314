// One stored HorizontalPodAutoscaler in its two versions, as Kubernetes converts them.
import { expect, it } from 'vitest';
import type { FieldTree } from '../../src/api/fields/field-tree.ts';
import { createApi, type Reply } from './client.ts';

const path = (version: string, name = ''): string =>
  `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers${name && `/${name}`}`;

const PREFIX = 'autoscaling.alpha.kubernetes.io';
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const described = { apiVersion: 'v1', kind: 'Service', name: 's' };
const MERGE = { 'content-type': 'application/merge-patch+json' };

it.each([
  [{ maxReplicas: 5, targetCPUUtilizationPercentage: 60 }, [cpu(60)]],
  [{ maxReplicas: 5 }, [cpu(80)]],
])('an object of v1 with %j is one of v2', async (spec, metrics) => {
  const { send } = await createApi();
  const body = { metadata: { name: 'a' }, spec: { ...spec, scaleTargetRef } };
  const { body: made, status } = await send('POST', path('v1'), { body });
  expect(status).toBe(201);
  expect(made).toMatchObject({
    apiVersion: 'autoscaling/v1',
    spec: {
      minReplicas: 1,
      targetCPUUtilizationPercentage: metrics[0]!.resource.target.averageUtilization,
    },
    status: { currentReplicas: 0, desiredReplicas: 0 },
  });
  const { body: second } = await send('GET', path('v2', 'a'));
  expect(second).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { metrics } });
  expect(second['spec']).not.toHaveProperty('targetCPUUtilizationPercentage');
});

/** v2's metric, and what v1's annotation holds of it. */
const METRICS: [object, object][] = [
  [
    {
      type: 'Resource',
      resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100Mi' } },
    },
    { type: 'Resource', resource: { name: 'memory', targetAverageValue: '100Mi' } },
  ],
  [
    {
      type: 'ContainerResource',
      containerResource: {
        name: 'cpu',
        container: 'c',
        target: { type: 'Utilization', averageUtilization: 70 },
      },
    },
    {
      type: 'ContainerResource',
      containerResource: { name: 'cpu', container: 'c', targetAverageUtilization: 70 },
    },
  ],
  [
    {
      type: 'Pods',
      pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '3' } },
    },
    { type: 'Pods', pods: { metricName: 'm', targetAverageValue: '3' } },
  ],
  [
    {
      type: 'Object',
      object: {
        describedObject: described,
        metric: { name: 'm', selector: { matchLabels: { a: 'b' } } },
        target: { type: 'Value', value: '3' },
      },
    },
    {
      type: 'Object',
      object: {
        target: described,
        metricName: 'm',
        targetValue: '3',
        selector: { matchLabels: { a: 'b' } },
      },
    },
  ],
  [
    {
      type: 'Object',
      object: {
        describedObject: described,
        metric: { name: 'm' },
        target: { type: 'AverageValue', averageValue: '3' },
      },
    },
    {
      type: 'Object',
      object: { target: described, metricName: 'm', targetValue: '0', averageValue: '3' },
    },
  ],
  [
    {
      type: 'External',
      external: {
        metric: { name: 'q', selector: { matchLabels: { a: 'b' } } },
        target: { type: 'AverageValue', averageValue: '3' },
      },
    },
    {
      type: 'External',
      external: {
        metricName: 'q',
        metricSelector: { matchLabels: { a: 'b' } },
        targetAverageValue: '3',
      },
    },
  ],
];

it.each(METRICS)('%j comes back from v1 as it was', async (metric, former) => {
  const { send } = await createApi();
  const spec = { maxReplicas: 5, scaleTargetRef, metrics: [metric, cpu(50)] };
  await send('POST', path('v2'), { body: { metadata: { name: 'b' }, spec } });
  const { body: first } = await send('GET', path('v1', 'b'));
  expect(JSON.parse(first['metadata'].annotations[`${PREFIX}/metrics`])).toEqual([former]);
  expect(first['spec'].targetCPUUtilizationPercentage).toBe(50);
  const put = await send('PUT', path('v1', 'b'), { body: first });
  expect(put.status).toBe(200);
  const { body: second } = await send('GET', path('v2', 'b'));
  expect(second['spec'].metrics).toEqual([metric, cpu(50)]);
  expect(second['metadata']).not.toHaveProperty('annotations');
});

it("v1 carries the behavior and the status's parts as annotations, and a write through it keeps them", async () => {
  const { send } = await createApi();
  const behavior = { scaleDown: { stabilizationWindowSeconds: 5 } };
  const body = { metadata: { name: 'b' }, spec: { maxReplicas: 5, scaleTargetRef, behavior } };
  const { body: made } = await send('POST', path('v2'), { body });
  const status = {
    desiredReplicas: 2,
    currentMetrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', current: { averageUtilization: 7, averageValue: '9m' } },
      },
    ],
    conditions: [{ type: 'AbleToScale', status: 'True' }],
  };
  await send('PUT', `${path('v2', 'b')}/status`, { body: { ...made, status } });
  const { body: first } = await send('GET', path('v1', 'b'));
  const annotations = first['metadata'].annotations as Record<string, string>;
  expect(Object.keys(annotations).sort()).toEqual(
    ['behavior', 'conditions', 'current-metrics'].map((name) => `${PREFIX}/${name}`),
  );
  expect(first['status']).toEqual({
    currentReplicas: 0,
    desiredReplicas: 2,
    currentCPUUtilizationPercentage: 7,
  });
  await send('PATCH', path('v1', 'b'), { headers: MERGE, body: { spec: { maxReplicas: 6 } } });
  const { body: second } = await send('GET', path('v2', 'b'));
  expect(second).toMatchObject({
    spec: { maxReplicas: 6, behavior: made['spec'].behavior },
    status,
  });
});

it("a write in one version takes from the other's managers only what it changes", async () => {
  const { send } = await createApi();
  const of = (manager: string): string => `?fieldManager=${manager}`;
  const spec = { maxReplicas: 5, scaleTargetRef, metrics: [cpu(50)] };
  await send('POST', `${path('v2')}${of('second')}`, { body: { metadata: { name: 'b' }, spec } });
  const patch = (target: object) =>
    send('PATCH', `${path('v1', 'b')}${of('first')}`, { headers: MERGE, body: { spec: target } });
  const owned = ({ body }: Reply): Record<string, string[]> =>
    Object.fromEntries(
      (body['metadata'].managedFields as { manager: string; fieldsV1: FieldTree }[]).map(
        ({ manager, fieldsV1 }) => [manager, Object.keys(fieldsV1['f:spec'] ?? {})],
      ),
    );
  expect(owned(await patch({ maxReplicas: 6 }))).toEqual({
    first: ['f:maxReplicas'],
    second: ['f:metrics', 'f:minReplicas', 'f:scaleTargetRef'],
  });
  expect(owned(await patch({ targetCPUUtilizationPercentage: 9 }))).toEqual({
    first: ['f:maxReplicas', 'f:targetCPUUtilizationPercentage'],
    second: ['f:minReplicas', 'f:scaleTargetRef'],
  });
});

it("apply sees a conflict with the other version's manager, by the name of its version", async () => {
  const { send } = await createApi();
  const apply = (version: string, manager: string, spec: object, force = false) =>
    send('PATCH', `${path(version, 'a')}?fieldManager=${manager}&force=${force}`, {
      body: {
        apiVersion: `autoscaling/${version}`,
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'a' },
        spec: { maxReplicas: 3, scaleTargetRef, ...spec },
      },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
  expect((await apply('v1', 'one', { targetCPUUtilizationPercentage: 50 })).status).toBe(201);
  expect((await apply('v2', 'two', { metrics: [cpu(70)] })).body['message']).toBe(
    'Apply failed with 1 conflict: conflict with "one": .spec.targetCPUUtilizationPercentage',
  );
  expect((await apply('v2', 'two', { metrics: [cpu(70)] }, true)).status).toBe(200);
  expect((await apply('v1', 'one', { targetCPUUtilizationPercentage: 50 })).body['message']).toBe(
    'Apply failed with 1 conflict: conflict with "two": .spec.metrics',
  );
});

it('discovery names both versions, and prefers the second', async () => {
  const { send } = await createApi();
  const { body } = await send('GET', '/apis');
  const group = body['groups'].find(({ name }: { name: string }) => name === 'autoscaling');
  expect(group.versions.map(({ version }: { version: string }) => version)).toEqual(['v2', 'v1']);
  expect(group.preferredVersion.version).toBe('v2');
});
