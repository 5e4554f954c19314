// StatefulSets, DaemonSets and ControllerRevisions over the API: defaults, rules, and what may change.
import { beforeEach, describe, expect, it } from 'vitest';
import { TABLE, createApi } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const APPS = '/apis/apps/v1/namespaces/default';
const MERGE = { 'content-type': 'application/merge-patch+json' };
const labels = { app: 'x' };
const of = (kind: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 's' },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'app', image: 'busybox:1' }] },
    },
    ...spec,
  },
});
const create = (kind: string, spec: object = {}) =>
  api.send('POST', `${APPS}/${kind.toLowerCase()}s`, { body: of(kind, spec) });
const patch = (path: string, body: object) =>
  api.send('PATCH', `${APPS}/${path}`, { body, headers: MERGE });

describe('StatefulSet', () => {
  it('has defaults, a generation and an empty status', async () => {
    const { status, body } = await create('StatefulSet');
    expect(status).toBe(201);
    expect(body['metadata'].generation).toBe(1);
    expect(body['spec']).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    });
    expect(body['status']).toEqual({ replicas: 0, availableReplicas: 0 });
  });

  it.each([
    ['data', 201],
    ['other', 422],
  ])('F4: mounts its claims by name: a mount of %s is answered %i', async (name, code) => {
    api = await createApi({ mode: 'local' });
    const containers = [
      { name: 'app', image: 'busybox:1', volumeMounts: [{ name, mountPath: '/data' }] },
    ];
    const claimSpec = {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
    };
    const { status, body } = await create('StatefulSet', {
      template: { metadata: { labels }, spec: { containers } },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec }],
    });
    expect(status).toBe(code);
    if (code === 422)
      expect(body['details'].causes[0]).toMatchObject({
        field: 'spec.template.spec.containers[0].volumeMounts[0].name',
        message: 'Not found: "other"',
      });
  });

  it('changes only what may change', async () => {
    await create('StatefulSet', { serviceName: 'a' });
    const { body } = await patch('statefulsets/s', { spec: { serviceName: 'b' } });
    expect(body['message']).toContain(
      'spec: Forbidden: updates to statefulset spec for fields other',
    );
    const scaled = await patch('statefulsets/s/scale', { spec: { replicas: 0 } });
    expect(scaled.body['spec']).toEqual({});
    expect((await api.send('GET', `${APPS}/statefulsets/s`)).body['metadata'].generation).toBe(2);
  });

  it.each([
    [{ podManagementPolicy: 'Any' }, 'spec.podManagementPolicy'],
    [{ updateStrategy: { type: 'Recreate' } }, 'spec.updateStrategy'],
    [
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      'spec.updateStrategy.rollingUpdate',
    ],
    [{ ordinals: { start: -1 } }, 'spec.ordinals.start'],
    [{ serviceName: 'not valid' }, 'spec.serviceName'],
    [
      { volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: {} }] },
      'spec.volumeClaimTemplates[0].spec.accessModes',
    ],
  ])('refuses %j', async (spec, field) => {
    const { status, body } = await create('StatefulSet', spec);
    expect([status, body['details'].causes[0].field]).toEqual([422, field]);
  });

  it('says that maxUnavailable is not stored', async () => {
    const rollingUpdate = { partition: 1, maxUnavailable: 2 };
    const { body, headers } = await create('StatefulSet', {
      updateStrategy: { type: 'RollingUpdate', rollingUpdate },
    });
    expect(body['spec'].updateStrategy.rollingUpdate).toEqual({ partition: 1 });
    expect(headers.get('warning')).toContain('maxUnavailable');
  });

  it('its status may not claim more than there is', async () => {
    await create('StatefulSet');
    const { body } = await patch('statefulsets/s/status', {
      status: { replicas: 1, readyReplicas: 2 },
    });
    expect(body['message']).toContain('status.readyReplicas: Invalid value: 2');
  });
});

describe('DaemonSet', () => {
  it('counts the changes of its template', async () => {
    const { body } = await create('DaemonSet');
    const KEY = 'deprecated.daemonset.template.generation';
    expect(body['metadata'].annotations).toEqual({ [KEY]: '1' });
    expect(body['spec'].updateStrategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
    });
    const template = { metadata: { labels: { ...labels, more: 'y' } } };
    const changed = await patch('daemonsets/s', { spec: { template } });
    expect(changed.body['metadata'].annotations[KEY]).toBe('2');
    const same = await patch('daemonsets/s', { spec: { minReadySeconds: 1 } });
    expect(same.body['metadata'].annotations[KEY]).toBe('2');
  });

  it.each([
    [{ maxUnavailable: 0, maxSurge: 0 }, 'spec.updateStrategy.rollingUpdate.maxUnavailable'],
    [{ maxUnavailable: 1, maxSurge: 1 }, 'spec.updateStrategy.rollingUpdate.maxSurge'],
    [{ maxUnavailable: '120%', maxSurge: 0 }, 'spec.updateStrategy.rollingUpdate.maxUnavailable'],
  ])('refuses %j', async (rollingUpdate, field) => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
    const { status, body } = await create('DaemonSet', { updateStrategy });
    expect([status, body['details'].causes[0].field]).toEqual([422, field]);
  });
});

it('a ControllerRevision says whose it is, and keeps its data', async () => {
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 's', uid: 'u' };
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: 'r', ownerReferences: [{ ...owner, controller: true }] },
    data: { a: 1 },
    revision: 2,
  };
  expect((await api.send('POST', `${APPS}/controllerrevisions`, { body })).status).toBe(201);
  const { body: table } = await api.send('GET', `${APPS}/controllerrevisions`, {
    headers: { accept: TABLE },
  });
  expect(table['rows'][0].cells.slice(0, 3)).toEqual(['r', 'statefulset.apps/s', 2]);
  const changed = await patch('controllerrevisions/r', { data: { a: 2 } });
  expect(changed.body['message']).toContain('data: Invalid value');
});
