// Roles and bindings through the API: defaults, what clients see, reviews.
import { beforeEach, describe, expect, it } from 'vitest';
import { bootstrapObjects } from '../../src/api/bootstrap.ts';
import { createApi, TABLE } from './client.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const REVIEWS = '/apis/authorization.k8s.io/v1';
const MERGE = { 'content-type': 'application/merge-patch+json' };

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

describe('the default roles', () => {
  const names = async (kind: string): Promise<string[]> =>
    (
      (await api.send('GET', `${RBAC}/${kind}`)).body['items'] as { metadata: { name: string } }[]
    ).map(({ metadata }) => metadata.name);

  it('are those of Kubernetes 1.35, without its controllers as users', async () => {
    expect(await names('clusterroles')).toHaveLength(68);
    expect(await names('roles')).toHaveLength(7);
    const bindings = await names('clusterrolebindings');
    expect(bindings.filter((name) => name.startsWith('system:controller:'))).toEqual([]);
    expect(bindings).toContain('droppod:view');
  });

  it('come back at the next start, but for those that opted out; additions stay', async () => {
    const own = { apiGroups: [''], resources: ['nodes'], verbs: ['get'] };
    await api.send('DELETE', `${RBAC}/clusterroles/system:monitoring`);
    await api.send('PATCH', `${RBAC}/clusterroles/system:discovery`, {
      body: { rules: [own] },
      headers: MERGE,
    });
    const opted = {
      metadata: { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
      subjects: null,
    };
    await api.send('PATCH', `${RBAC}/clusterrolebindings/droppod:edit`, {
      body: opted,
      headers: MERGE,
    });
    const before = await api.ports.store.version();
    await bootstrapObjects(api.ports);
    expect(await names('clusterroles')).toContain('system:monitoring');
    const { body } = await api.send('GET', `${RBAC}/clusterroles/system:discovery`);
    expect(body['rules']).toMatchObject([own, { verbs: ['get'] }]);
    expect(
      (await api.send('GET', `${RBAC}/clusterrolebindings/droppod:edit`)).body,
    ).not.toHaveProperty('subjects');
    const after = await api.ports.store.version();
    expect(Number(after) - Number(before)).toBe(2);
    await bootstrapObjects(api.ports);
    expect(await api.ports.store.version()).toBe(after);
  });

  it('collect what others add to them, and lose it again', async () => {
    const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
    const rule = { apiGroups: ['example.com'], resources: ['things'], verbs: ['get'] };
    const body = { metadata: { name: 'things', labels }, rules: [rule] };
    await api.send('POST', `${RBAC}/clusterroles`, { body });
    for (const name of ['view', 'edit', 'admin']) {
      const { rules } = (await api.send('GET', `${RBAC}/clusterroles/${name}`)).body;
      expect(rules).toContainEqual(rule);
    }
    await api.send('DELETE', `${RBAC}/clusterroles/things`);
    const { rules } = (await api.send('GET', `${RBAC}/clusterroles/admin`)).body;
    expect(rules).not.toContainEqual(rule);
  });
});

it('bindings show role and subjects', async () => {
  const { body } = await api.send('GET', `${RBAC}/clusterrolebindings`, {
    headers: { accept: TABLE },
  });
  const rows = body['rows'] as { cells: string[] }[];
  expect(rows[0]?.cells).toEqual([
    'cluster-admin',
    'ClusterRole/cluster-admin',
    '0s',
    '',
    'system:masters',
    '',
  ]);
});

describe('reviews', () => {
  const resourceAttributes = { verb: 'list', resource: 'pods', namespace: 'default' };
  const review = (kind: string, spec: unknown, namespace = '') =>
    api.send('POST', `${REVIEWS}/${namespace}${kind}`, { body: { spec } });

  it('say by which binding', async () => {
    const spec = { user: 'ann', groups: ['droppod:view'], resourceAttributes };
    const answered = await review('subjectaccessreviews', spec);
    expect(answered).toMatchObject({
      status: 201,
      body: {
        spec,
        status: {
          allowed: true,
          reason:
            'RBAC: allowed by ClusterRoleBinding "droppod:view" of ClusterRole "view" to Group "droppod:view"',
        },
      },
    });
    const masters = { ...spec, groups: ['system:masters'] };
    expect((await review('subjectaccessreviews', masters)).body['status']).toEqual({
      allowed: true,
    });
    expect((await review('subjectaccessreviews', { ...spec, groups: [] })).body['status']).toEqual({
      allowed: false,
    });
  });

  it.each([
    ['subjectaccessreviews', { resourceAttributes }, 'spec.user: Invalid value: ""'],
    [
      'subjectaccessreviews',
      { user: 'ann' },
      'exactly one of nonResourceAttributes or resourceAttributes',
    ],
    [
      'selfsubjectaccessreviews',
      { resourceAttributes, nonResourceAttributes: { path: '/', verb: 'get' } },
      'cannot be specified in combination',
    ],
    [
      'localsubjectaccessreviews',
      { user: 'ann', resourceAttributes: { ...resourceAttributes, namespace: 'other' } },
      'must match metadata.namespace',
    ],
    [
      'localsubjectaccessreviews',
      { user: 'ann', nonResourceAttributes: { path: '/', verb: 'get' } },
      'disallowed on this kind of request',
    ],
  ])('%s of %j: %s', async (kind, spec, message) => {
    const namespace = kind.startsWith('local') ? 'namespaces/default/' : '';
    const { status, body } = await review(kind, spec, namespace);
    expect(status).toBe(422);
    expect(body['message']).toContain(message);
  });

  it('of rules need a namespace', async () => {
    expect(await review('selfsubjectrulesreviews', {})).toMatchObject({
      status: 400,
      body: { message: 'no namespace on request' },
    });
  });
});
