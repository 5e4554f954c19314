// Deployments, ReplicaSets and ReplicationControllers over handle(); test/controllers covers their controllers.
import { beforeEach, describe, expect, it } from 'vitest';
import { NAMESPACE, TABLE, createApi } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const APPS = '/apis/apps/v1/namespaces/default';
const PATHS = {
  Deployment: `${APPS}/deployments`,
  ReplicaSet: `${APPS}/replicasets`,
  ReplicationController: `${NAMESPACE}/replicationcontrollers`,
} as const;
type Kind = keyof typeof PATHS;

const labels = { app: 'x' };
const template = (spec: object = {}, metadata: object = { labels }): object => ({
  metadata,
  spec: { containers: [{ name: 'app', image: 'busybox:1' }], ...spec },
});
const spec = (kind: Kind, fields: object = {}): object => ({
  selector: kind === 'ReplicationController' ? labels : { matchLabels: labels },
  template: template(),
  ...fields,
});
const make = (kind: Kind, given: object = spec(kind), name = 'w') =>
  api.send('POST', PATHS[kind], {
    body: {
      apiVersion: kind === 'ReplicationController' ? 'v1' : 'apps/v1',
      kind,
      metadata: { name },
      spec: given,
    },
  });
const merge = (path: string, body: object) =>
  api.send('PATCH', path, { body, headers: { 'content-type': 'application/merge-patch+json' } });
const causes = ({ body }: Awaited<ReturnType<typeof make>>) =>
  (body['details']?.causes ?? []).map(
    ({ field, message }: { field: string; message: string }) => `${field}: ${message}`,
  );

describe('defaults', () => {
  it('Q1: a Deployment rolls by quarters, keeps ten revisions and gives up after ten minutes', async () => {
    const { status, body } = await make('Deployment');
    expect(status).toBe(201);
    expect(body['metadata'].generation).toBe(1);
    expect(body['status']).toEqual({});
    expect(body['spec']).toMatchObject({
      replicas: 1,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    expect(body['spec'].template.spec.restartPolicy).toBe('Always');
  });

  it('Q6: a ReplicationController takes selector and labels from its template', async () => {
    const { body } = await make('ReplicationController', { template: template() });
    expect(body['metadata'].labels).toEqual(labels);
    expect(body['spec'].selector).toEqual(labels);
    expect(body['status']).toEqual({ replicas: 0 });
  });

  it('no replicas are none, not one', async () => {
    for (const kind of ['Deployment', 'ReplicaSet', 'ReplicationController'] as const)
      expect((await make(kind, spec(kind, { replicas: 0 }))).body['spec'].replicas).toBe(0);
  });
});

describe('what is refused', () => {
  const MISMATCH =
    'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`';
  it.each<[string, Kind, object, string[]]>([
    [
      'no selector',
      'Deployment',
      { selector: undefined },
      ['spec.selector: Required value', MISMATCH],
    ],
    [
      'an empty one',
      'Deployment',
      { selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ],
    ['another one', 'ReplicaSet', { selector: { matchLabels: { app: 'y' } } }, [MISMATCH]],
    [
      'an operator that is none',
      'Deployment',
      { selector: { matchExpressions: [{ key: 'app', operator: 'Near', values: [] }] } },
      [
        'spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator',
        'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Near"}]}: invalid label selector',
      ],
    ],
    [
      'fewer than no replicas',
      'ReplicaSet',
      { replicas: -1 },
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'a deadline before anything is available',
      'Deployment',
      { progressDeadlineSeconds: 5, minReadySeconds: 5 },
      ['spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds'],
    ],
    [
      'a strategy that moves nothing',
      'Deployment',
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
      [
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
      ],
    ],
    [
      'more than all unavailable',
      'Deployment',
      { strategy: { rollingUpdate: { maxUnavailable: '101%' } } },
      [
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
      ],
    ],
    [
      'an unknown strategy',
      'Deployment',
      { strategy: { type: 'Slow' } },
      [
        'spec.strategy: Unsupported value: {"Type":"Slow","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
      ],
    ],
    [
      'C10: pods that end',
      'ReplicationController',
      { template: template({ restartPolicy: 'OnFailure' }) },
      [
        'spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"',
      ],
    ],
    [
      'a deadline for pods',
      'ReplicaSet',
      { template: template({ activeDeadlineSeconds: 5 }) },
      [
        'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
      ],
    ],
    [
      'no template',
      'ReplicationController',
      { template: undefined },
      ['spec.template: Required value'],
    ],
  ])('%s (%s)', async (_rule, kind, fields, expected) => {
    const reply = await make(kind, spec(kind, fields));
    expect(reply.status).toBe(422);
    expect(causes(reply)).toEqual(expected);
  });

  it('another selector for a Deployment that is there', async () => {
    await make('Deployment');
    const other = { app: 'y' };
    const reply = await merge(`${PATHS.Deployment}/w`, {
      spec: { selector: { matchLabels: other }, template: { metadata: { labels: other } } },
    });
    expect(causes(reply)).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"y"}}: field is immutable',
    ]);
  });
});

describe('generation', () => {
  it.each<[string, Kind, object, number]>([
    ['a spec counts', 'Deployment', { spec: { replicas: 2 } }, 2],
    [
      'annotations of a Deployment count, its ReplicaSets carry them',
      'Deployment',
      { metadata: { annotations: { a: 'b' } } },
      2,
    ],
    ['labels do not', 'Deployment', { metadata: { labels: { a: 'b' } } }, 1],
    [
      'annotations of a ReplicaSet do not',
      'ReplicaSet',
      { metadata: { annotations: { a: 'b' } } },
      1,
    ],
  ])('%s', async (_rule, kind, change, expected) => {
    await make(kind);
    expect((await merge(`${PATHS[kind]}/w`, change)).body['metadata'].generation).toBe(expected);
  });
});

describe('/scale', () => {
  it.each<Kind>(['Deployment', 'ReplicaSet', 'ReplicationController'])('Q9: %s', async (kind) => {
    await make(kind, spec(kind, { replicas: 0 }));
    const path = `${PATHS[kind]}/w/scale`;
    const { body } = await api.send('GET', path);
    expect(body).toMatchObject({ apiVersion: 'autoscaling/v1', kind: 'Scale', spec: {} });
    expect(body['status']).toEqual({ replicas: 0, selector: 'app=x' });
    expect(Object.keys(body['metadata']).sort()).toEqual(
      ['creationTimestamp', 'name', 'namespace', 'resourceVersion', 'uid'].sort(),
    );

    const more = await merge(path, { spec: { replicas: 3 } });
    expect([more.status, more.body['spec']]).toEqual([200, { replicas: 3 }]);
    const put = await api.send('PUT', path, { body: { ...more.body, spec: { replicas: 4 } } });
    expect([put.status, put.body['spec']]).toEqual([200, { replicas: 4 }]);
    const stale = await api.send('PUT', path, { body: { ...more.body, spec: { replicas: 5 } } });
    expect(stale.body['reason']).toBe('Conflict');
    const { body: object } = await api.send('GET', `${PATHS[kind]}/w`);
    expect([object['spec'].replicas, object['metadata'].generation]).toEqual([4, 3]);
    expect(object['spec'].template.spec.containers).toHaveLength(1);
  });

  it('refuses less than nothing, another name and what is not there', async () => {
    await make('Deployment');
    const path = `${PATHS.Deployment}/w/scale`;
    const negative = await merge(path, { spec: { replicas: -1 } });
    expect(negative.body).toMatchObject({
      code: 422,
      message:
        'Scale.autoscaling "w" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      details: { kind: 'Scale', group: 'autoscaling' },
    });
    const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'e' }, spec: {} };
    expect((await api.send('PUT', path, { body })).body).toMatchObject({
      code: 400,
      message: 'the name of the object (e) does not match the name on the URL (w)',
    });
    expect((await api.send('GET', `${PATHS.Deployment}/none/scale`)).body).toMatchObject({
      code: 404,
      details: { name: 'none', group: 'apps', kind: 'deployments' },
    });
  });

  it('its writer owns the count alone, whether it patches or applies', async () => {
    await make('Deployment');
    const path = `${PATHS.Deployment}/w/scale?fieldManager=scaler`;
    await merge(path, { spec: { replicas: 3 } });
    const applied = await api.send('PATCH', `${path}-b&force=true`, {
      body: {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'w' },
        spec: { replicas: 4 },
      },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect([applied.status, applied.body['spec']]).toEqual([200, { replicas: 4 }]);
    const { body } = await api.send('GET', `${PATHS.Deployment}/w`);
    const entries = body['metadata'].managedFields.filter(
      ({ subresource }: { subresource?: string }) => subresource === 'scale',
    );
    expect(entries).toMatchObject([
      {
        manager: 'scaler-b',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      },
    ]);
    expect(body['spec'].template.spec.containers).toHaveLength(1);
  });
});

describe('/status', () => {
  it('takes the status, and no spec', async () => {
    const { body } = await make('ReplicaSet');
    const reply = await api.send('PUT', `${PATHS.ReplicaSet}/w/status`, {
      body: {
        ...body,
        spec: { ...body['spec'], replicas: 9 },
        status: { replicas: 2, readyReplicas: 1 },
      },
    });
    expect(reply.body['spec'].replicas).toBe(1);
    expect(reply.body['status']).toEqual({ replicas: 2, readyReplicas: 1 });
    expect(reply.body['metadata'].generation).toBe(1);
  });

  it.each<[Kind, object, string[]]>([
    [
      'ReplicaSet',
      { terminatingReplicas: -1 },
      ['status.terminatingReplicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'ReplicationController',
      { replicas: 1, readyReplicas: 2 },
      ['status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas'],
    ],
    [
      'Deployment',
      { replicas: 2, availableReplicas: 1 },
      ['status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas'],
    ],
  ])('%s: %j', async (kind, status, expected) => {
    await make(kind);
    expect(causes(await merge(`${PATHS[kind]}/w/status`, { status }))).toEqual(expected);
  });

  it("a Deployment's takes annotations and no labels; collisions only grow", async () => {
    await make('Deployment');
    const path = `${PATHS.Deployment}/w/status`;
    const change = {
      metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
      status: { collisionCount: 2 },
    };
    const { body } = await merge(path, change);
    expect([body['metadata'].labels, body['metadata'].annotations]).toEqual([
      undefined,
      { c: 'd' },
    ]);
    expect(body['metadata'].generation).toBe(1);
    expect(causes(await merge(path, { status: { collisionCount: 1 } }))).toEqual([
      'status.collisionCount: Invalid value: 1: cannot be decremented',
    ]);
  });
});

it.each<[Kind, string[]]>([
  [
    'Deployment',
    ['Name', 'Ready', 'Up-to-date', 'Available', 'Age', 'Containers', 'Images', 'Selector'],
  ],
  [
    'ReplicaSet',
    ['Name', 'Desired', 'Current', 'Ready', 'Age', 'Containers', 'Images', 'Selector'],
  ],
  [
    'ReplicationController',
    ['Name', 'Desired', 'Current', 'Ready', 'Age', 'Containers', 'Images', 'Selector'],
  ],
])('columns of a %s', async (kind, expected) => {
  await make(kind);
  const { body } = await api.send('GET', PATHS[kind], { headers: { accept: TABLE } });
  expect(body['columnDefinitions'].map(({ name }: { name: string }) => name)).toEqual(expected);
  expect(body['rows'][0].cells.slice(-3)).toEqual(['app', 'busybox:1', 'app=x']);
});

it('ReplicationControllers are selected by their replicas, ReplicaSets are not', async () => {
  await make('ReplicationController');
  const query = '?fieldSelector=status.replicas%3D0';
  expect((await api.send('GET', PATHS.ReplicationController + query)).body['items']).toHaveLength(
    1,
  );
  expect((await api.send('GET', PATHS.ReplicaSet + query)).status).toBe(400);
});

it('warns of a name that host names cannot be built from', async () => {
  const { headers } = await make('Deployment', spec('Deployment'), 'a.b');
  expect(headers.get('warning')).toContain('a DNS label is recommended: [must not contain dots]');
});
