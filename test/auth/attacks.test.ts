// Attempts at privilege escalation: each must end in Kubernetes' 403 and leave what is stored unchanged.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Reply } from '../api/client.ts';
import { createApi, NAMESPACE, pod } from '../api/client.ts';
import { present } from '../../src/present.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ROLES = `${RBAC}/namespaces/default/roles`;
const BINDINGS = `${RBAC}/namespaces/default/rolebindings`;
const CLUSTER_ROLES = `${RBAC}/clusterroles`;
const CLUSTER_BINDINGS = `${RBAC}/clusterrolebindings`;
const GROUP = 'rbac.authorization.k8s.io';

const rule = (apiGroups: string[], resources: string[], verbs: string[], names?: string[]) => ({
  apiGroups,
  resources,
  verbs,
  ...present({ resourceNames: names }),
});
const role = (name: string, ...rules: unknown[]) => ({ metadata: { name }, rules });
const user = (name: string) => ({ kind: 'User', name });
const binding = (name: string, kind: string, to: string, ...subjects: unknown[]) => ({
  metadata: { name },
  roleRef: { apiGroup: GROUP, kind, name: to },
  subjects,
});
const as = (name: string, type = 'application/json') => ({
  headers: { 'impersonate-user': name, 'content-type': type },
});

const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update'];
const SECRETS = rule([''], ['secrets'], ['get']);

let api: Awaited<ReturnType<typeof createApi>>;

/** In each row mallory may do everything with roles and bindings in `default`, and read pods there. */
beforeEach(async () => {
  api = await createApi();
  const made = async (path: string, body: unknown): Promise<void> => {
    expect((await api.send('POST', path, { body })).status).toBe(201);
  };
  await made(
    ROLES,
    role(
      'mallory',
      rule([GROUP], ['roles', 'rolebindings'], VERBS),
      rule([''], ['pods'], ['get', 'list', 'watch']),
    ),
  );
  await made(BINDINGS, binding('mallory', 'Role', 'mallory', user('mallory')));
  await made(ROLES, role('keeper', SECRETS));
  await made(
    CLUSTER_ROLES,
    role('clusterer', rule([GROUP], ['clusterroles'], ['create', 'get', 'update', 'patch'])),
  );
  await made(CLUSTER_BINDINGS, binding('clusterer', 'ClusterRole', 'clusterer', user('clara')));
  await made(`${NAMESPACE}/pods`, pod('web'));
  for (const name of ['allowed', 'other'])
    await made(`${NAMESPACE}/secrets`, { metadata: { name }, stringData: { key: name } });
  await made(
    ROLES,
    role(
      'named',
      rule([''], ['secrets'], ['get', 'list', 'watch', 'create', 'deletecollection'], ['allowed']),
    ),
  );
  await made(BINDINGS, binding('named', 'Role', 'named', user('nina')));
});

const refused = (reply: Reply): void => {
  expect(reply.body).toMatchObject({ kind: 'Status', reason: 'Forbidden', code: 403 });
};

describe('escalation', () => {
  it.each<[string, string, string, unknown, string?]>([
    ['a role with more', 'POST', ROLES, role('more', SECRETS)],
    ['… as a dry run', 'POST', `${ROLES}?dryRun=All`, role('more', SECRETS)],
    ['… by PUT of a new name', 'PUT', `${ROLES}/more`, role('more', SECRETS)],
    [
      '… by apply of a new name',
      'PATCH',
      `${ROLES}/more?fieldManager=m`,
      { apiVersion: `${GROUP}/v1`, kind: 'Role', ...role('more', SECRETS) },
      APPLY,
    ],
    ['… into the own role by PUT', 'PUT', `${ROLES}/mallory`, role('mallory', SECRETS)],
    [
      '… into the own role by merge patch',
      'PATCH',
      `${ROLES}/mallory`,
      { rules: [SECRETS] },
      MERGE,
    ],
    [
      '… by JSON patch',
      'PATCH',
      `${ROLES}/mallory`,
      [{ op: 'add', path: '/rules/-', value: SECRETS }],
      'application/json-patch+json',
    ],
    [
      '… by apply',
      'PATCH',
      `${ROLES}/mallory?fieldManager=m&force=true`,
      { apiVersion: `${GROUP}/v1`, kind: 'Role', ...role('mallory', SECRETS) },
      APPLY,
    ],
    ['a star where every verb is held', 'POST', ROLES, role('star', rule([''], ['pods'], ['*']))],
    [
      'a subresource of what is held',
      'POST',
      ROLES,
      role('sub', rule([''], ['pods/exec'], ['get'])),
    ],
    [
      'a label on a role with more than one has',
      'PATCH',
      `${ROLES}/keeper`,
      { metadata: { labels: { a: 'b' } } },
      MERGE,
    ],
    [
      'a binding of a role with more',
      'POST',
      BINDINGS,
      binding('x', 'Role', 'keeper', user('mallory')),
    ],
    [
      '… of cluster-admin',
      'POST',
      BINDINGS,
      binding('x', 'ClusterRole', 'cluster-admin', user('mallory')),
    ],
    [
      '… by PUT of a new name',
      'PUT',
      `${BINDINGS}/x`,
      binding('x', 'Role', 'keeper', user('mallory')),
    ],
    [
      'oneself into a binding that gives more',
      'PATCH',
      `${BINDINGS}/named`,
      { subjects: [user('mallory')] },
      MERGE,
    ],
    [
      'a binding for the whole cluster',
      'POST',
      CLUSTER_BINDINGS,
      binding('x', 'ClusterRole', 'view', user('mallory')),
    ],
    [
      'a role for the whole cluster',
      'POST',
      CLUSTER_ROLES,
      role('x', rule([''], ['pods'], ['get'])),
    ],
    [
      'a role in another namespace',
      'POST',
      `${RBAC}/namespaces/kube-system/roles`,
      role('x', rule([''], ['pods'], ['get'])),
    ],
  ])('%s', async (_what, method, path, body, type) => {
    refused(await api.send(method, path, { body, ...as('mallory', type) }));
    const secrets = await api.send('GET', `${NAMESPACE}/secrets/allowed`, as('mallory'));
    refused(secrets);
  });
});

describe('granting', () => {
  it('what one has may be given on, and names a missing right', async () => {
    const reader = role('reader', rule([''], ['pods'], ['get']));
    expect((await api.send('POST', ROLES, { body: reader, ...as('mallory') })).status).toBe(201);
    const bound = binding('reader', 'Role', 'reader', user('rita'));
    expect((await api.send('POST', BINDINGS, { body: bound, ...as('mallory') })).status).toBe(201);
    expect((await api.send('GET', `${NAMESPACE}/pods/web`, as('rita'))).status).toBe(200);
    refused(await api.send('GET', `${NAMESPACE}/pods`, as('rita')));
    const { body } = await api.send('POST', ROLES, {
      body: role('more', SECRETS),
      ...as('mallory'),
    });
    expect(body.message).toBe(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "mallory" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
  });

  it('a binding keeps its role, even for an administrator', async () => {
    const body = { roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'cluster-admin' } };
    const headers = { 'content-type': MERGE };
    expect(await api.send('PATCH', `${BINDINGS}/mallory`, { body, headers })).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('cannot change roleRef') as string },
    });
  });

  it('a binding of a role that is not there is a 404, not a right to come', async () => {
    const body = binding('x', 'Role', 'later', user('mallory'));
    expect(await api.send('POST', BINDINGS, { body, ...as('mallory') })).toMatchObject({
      status: 404,
      body: { message: 'rolebindings.rbac.authorization.k8s.io "later" not found' },
    });
  });

  it('roles that collect others are for those who have everything', async () => {
    const collecting = {
      metadata: { name: 'all' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { any: 'label' } }] },
    };
    const reply = await api.send('POST', CLUSTER_ROLES, { body: collecting, ...as('clara') });
    refused(reply);
    expect(reply.body.message).toContain('must have cluster-admin privileges');
    // Nor can a role be added to an existing aggregation without holding its rights.
    const part = role('part', SECRETS);
    const labelled = {
      ...part,
      metadata: {
        ...part.metadata,
        labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' },
      },
    };
    refused(await api.send('POST', CLUSTER_ROLES, { body: labelled, ...as('clara') }));
  });

  it('`bind` and `escalate` are rights of their own, by the name of the role', async () => {
    const grants = role('grants', rule([GROUP], ['roles'], ['escalate', 'bind'], ['keeper']));
    await api.send('POST', ROLES, { body: grants });
    await api.send('POST', BINDINGS, {
      body: binding('grants', 'Role', 'grants', user('mallory')),
    });
    const bound = binding('x', 'Role', 'keeper', user('mallory'));
    expect((await api.send('POST', BINDINGS, { body: bound, ...as('mallory') })).status).toBe(201);
    const more = { rules: [rule([''], ['secrets'], ['*'])] };
    const patched = await api.send('PATCH', `${ROLES}/keeper`, {
      body: more,
      ...as('mallory', MERGE),
    });
    expect(patched.status).toBe(200);
    const others = { rules: [rule([''], ['events'], ['get'])] };
    refused(await api.send('PATCH', `${ROLES}/named`, { body: others, ...as('mallory', MERGE) }));
  });
});

describe('names', () => {
  it.each([
    ['another name', 'GET', '/secrets/other'],
    ['all names', 'GET', '/secrets'],
    ['all names, watching', 'GET', '/secrets?watch=true'],
    ['all but one', 'GET', '/secrets?fieldSelector=metadata.name!=allowed'],
    [
      "the name inside another field's value",
      'GET',
      '/secrets?fieldSelector=type!=x%5C,metadata.name=allowed',
    ],
    [
      'the name in a second selector',
      'GET',
      '/secrets?fieldSelector=&fieldSelector=metadata.name=allowed',
    ],
    ['the name of a label', 'GET', '/secrets?labelSelector=metadata.name=allowed'],
    ['a creation', 'POST', '/secrets?fieldSelector=metadata.name=allowed'],
    ['a deletion of all', 'DELETE', '/secrets?fieldSelector=metadata.name=allowed'],
    ['a path with a dot', 'GET', '/secrets/allowed%2F..%2Fother'],
  ])('%s', async (_what, method, path) => {
    const body = method === 'POST' ? { metadata: { name: 'new' } } : undefined;
    refused(await api.send(method, NAMESPACE + path, { body, ...as('nina') }));
    expect((await api.send('GET', `${NAMESPACE}/secrets`)).body.items).toHaveLength(2);
  });

  it('the name alone is enough', async () => {
    const one = await api.send(
      'GET',
      `${NAMESPACE}/secrets?fieldSelector=metadata.name%3Dallowed`,
      as('nina'),
    );
    expect(one.body.items).toHaveLength(1);
    expect((await api.send('GET', `${NAMESPACE}/secrets/allowed`, as('nina'))).status).toBe(200);
  });
});

describe('detours', () => {
  it.each([
    ['a create under the watch prefix', 'POST', '/api/v1/watch/namespaces/default/pods'],
    [
      'an update without the right to create',
      'PUT',
      '/apis/coordination.k8s.io/v1/namespaces/default/leases/new',
    ],
    [
      'an apply without the right to create',
      'PATCH',
      '/apis/coordination.k8s.io/v1/namespaces/default/leases/new?fieldManager=m',
    ],
    ['a ConfigMap that makes masters', 'POST', '/api/v1/namespaces/kube-system/configmaps'],
    ['an empty namespace in the path', 'GET', '/api/v1/namespaces//secrets'],
    ['an unknown group', 'GET', '/apis/example.com/v1/things'],
    ['an unknown resource', 'GET', `${NAMESPACE}/cods`],
  ])('%s', async (_what, method, path) => {
    const wide = role(
      'wide',
      rule([''], ['pods', 'configmaps'], ['get', 'list', 'watch', 'update', 'patch']),
      rule(['coordination.k8s.io'], ['leases'], ['get', 'update', 'patch']),
    );
    await api.send('POST', ROLES, { body: wide });
    await api.send('POST', BINDINGS, { body: binding('wide', 'Role', 'wide', user('eve')) });
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'new' },
    };
    const type = method === 'PATCH' ? APPLY : undefined;
    const sent = method === 'GET' ? {} : { body };
    const reply = await api.send(method, path, { ...sent, ...as('eve', type) });
    expect(reply.body.code).toBe(path.includes('/watch/') ? 405 : 403);
  });

  it('writing as a cluster-admin by binding does not reach aws-auth', async () => {
    await api.send('POST', CLUSTER_BINDINGS, {
      body: binding('boss', 'ClusterRole', 'cluster-admin', user('boss')),
    });
    const body = { metadata: { name: 'aws-auth' } };
    expect(
      (await api.send('POST', `${NAMESPACE}/configmaps`, { body, ...as('boss') })).status,
    ).toBe(201);
    refused(
      await api.send('POST', '/api/v1/namespaces/kube-system/configmaps', { body, ...as('boss') }),
    );
  });

  it.each(['clusterrole-aggregation-controller', 'job-controller', 'generic-garbage-collector'])(
    'an editor of all namespaces gains nothing as %s',
    async (name) => {
      const headers = {
        'impersonate-user': `system:serviceaccount:kube-system:${name}`,
      };
      refused(await api.send('GET', '/api/v1/secrets', { headers }));
      refused(await api.send('POST', CLUSTER_ROLES, { body: role('x', SECRETS), headers }));
    },
  );

  it('the rights of a namespace end with it, and with the binding', async () => {
    expect((await api.send('GET', `${NAMESPACE}/pods`, as('mallory'))).status).toBe(200);
    refused(await api.send('GET', '/api/v1/pods', as('mallory')));
    refused(await api.send('GET', '/api/v1/namespaces/kube-system/pods', as('mallory')));
    await api.send('DELETE', `${BINDINGS}/mallory`);
    refused(await api.send('GET', `${NAMESPACE}/pods`, as('mallory')));
  });
});
