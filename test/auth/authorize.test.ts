// Who may do what: Kubernetes' default roles, and the groups to which AWS principals are mapped.
import { beforeEach, describe, expect, it } from 'vitest';
import { decide } from '../../src/auth/authorize.ts';
import { defaultRights, GROUPS } from '../../src/auth/defaults/default-objects.ts';
import { Policy } from '../../src/auth/rbac/policy.ts';
import type { User } from '../../src/auth/user.ts';
import { bootstrapToken } from '../../src/auth/podlet-credential.ts';
import { present } from '../../src/present.ts';
import { NAMESPACE, createApi, pod } from '../api/client.ts';

const inGroup = (...groups: string[]): User => ({
  name: 'u',
  groups: [...groups, 'system:authenticated'],
});
const VIEWER = inGroup(GROUPS.view);
const EDITOR = inGroup(GROUPS.edit);
const ADMIN = inGroup(GROUPS.admin);
const MASTER = inGroup('system:masters');
const NOBODY = inGroup();
const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const DEFAULTS = new Policy(defaultRights());

/** `verb group/resource/subresource` in a namespace. */
function may(user: User, text: string, namespace = 'default'): boolean {
  const [verb = '', what = ''] = text.split(' ');
  const [group = '', resource = '', subresource = ''] = what.startsWith('/')
    ? ['', what]
    : what.includes(':')
      ? [what.split(':')[0], ...(what.split(':')[1] ?? '').split('/')]
      : ['', ...what.split('/')];
  return decide(
    DEFAULTS,
    user,
    resource.startsWith('/')
      ? { verb, path: resource }
      : { verb, group, resource, subresource, namespace, name: 'x' },
  ).allowed;
}

const WHO = { ANONYMOUS, NOBODY, VIEWER, EDITOR, ADMIN, MASTER };
/** The first of these that is allowed: each may do whatever those before it may. */
const FROM: [string, keyof typeof WHO | undefined][] = [
  ['get /version', 'ANONYMOUS'],
  ['get /version/', 'ANONYMOUS'],
  ['get /healthz', 'ANONYMOUS'],
  ['get /livez', 'ANONYMOUS'],
  ['get /readyz', 'ANONYMOUS'],
  ['get /', 'MASTER'],
  ['get /readyz/ping', 'MASTER'],
  ['get /metrics', 'MASTER'],
  ['post /version', 'MASTER'],
  ['get /api', 'NOBODY'],
  ['get /apis/apps/v1', 'NOBODY'],
  ['get /openapi/v3', 'NOBODY'],
  ['get /apiother', 'MASTER'],
  ['create authorization.k8s.io:selfsubjectaccessreviews', 'NOBODY'],
  ['create authorization.k8s.io:selfsubjectrulesreviews', 'NOBODY'],
  ['create authentication.k8s.io:selfsubjectreviews', 'NOBODY'],
  ['create authentication.k8s.io:tokenreviews', 'MASTER'],
  ['list pods', 'VIEWER'],
  ['watch pods', 'VIEWER'],
  ['get pods/log', 'VIEWER'],
  ['get pods/status', 'VIEWER'],
  ['list namespaces', 'VIEWER'],
  ['list configmaps', 'VIEWER'],
  ['list events', 'VIEWER'],
  ['list events.k8s.io:events', 'VIEWER'],
  ['list apps:deployments', 'VIEWER'],
  ['list secrets', 'EDITOR'],
  ['get secrets', 'EDITOR'],
  ['watch secrets', 'EDITOR'],
  ['get pods/exec', 'EDITOR'],
  ['create pods/exec', 'EDITOR'],
  ['create pods/attach', 'EDITOR'],
  ['create pods/portforward', 'EDITOR'],
  ['get pods/proxy', 'EDITOR'],
  ['create pods', 'EDITOR'],
  ['patch pods', 'EDITOR'],
  ['delete pods', 'EDITOR'],
  ['deletecollection pods', 'EDITOR'],
  ['create pods/eviction', 'EDITOR'],
  ['create configmaps', 'EDITOR'],
  ['create serviceaccounts/token', 'EDITOR'],
  ['impersonate serviceaccounts', 'EDITOR'],
  ['get coordination.k8s.io:leases', 'EDITOR'],
  ['create rbac.authorization.k8s.io:rolebindings', 'ADMIN'],
  ['impersonate users', 'MASTER'],
  ['impersonate groups', 'MASTER'],
  ['update pods/status', 'MASTER'],
  ['patch pods/resize', 'MASTER'],
  ['patch pods/ephemeralcontainers', 'MASTER'],
  ['create pods/binding', 'MASTER'],
  ['create namespaces', 'MASTER'],
  ['delete namespaces', 'MASTER'],
  ['list nodes', 'MASTER'],
  ['get nodes/proxy', 'MASTER'],
];

describe('from whom on it is allowed', () => {
  it.each(FROM)('%s: %s', (what, first) => {
    const order = Object.keys(WHO) as (keyof typeof WHO)[];
    const allowed = order.filter((name) => may(WHO[name], what));
    expect(allowed).toEqual(order.slice(order.indexOf(first!)));
  });

  it('R6: nobody but a master writes ConfigMaps beside aws-auth, which could make him one', () => {
    for (const verb of ['create', 'update', 'patch', 'delete', 'deletecollection']) {
      for (const user of [EDITOR, ADMIN])
        expect(may(user, `${verb} configmaps`, 'kube-system')).toBe(false);
      expect(may(MASTER, `${verb} configmaps`, 'kube-system')).toBe(true);
      expect(may(EDITOR, `${verb} secrets`, 'kube-system')).toBe(true);
    }
    expect(may(VIEWER, 'get configmaps', 'kube-system')).toBe(true);
  });

  it('roles aggregate: all of view is in edit, all of edit in admin', () => {
    const all = (user: User) =>
      DEFAULTS.rulesOf(user, 'default').rules.map((rule) => JSON.stringify(rule));
    expect(all(EDITOR)).toEqual(expect.arrayContaining(all(VIEWER)));
    expect(all(ADMIN)).toEqual(expect.arrayContaining(all(EDITOR)));
  });

  it("R6: the issuer's documents are for service accounts, and for callers without a login (AWS IAM)", () => {
    for (const path of ['get /.well-known/openid-configuration', 'get /openid/v1/jwks']) {
      expect(may(ANONYMOUS, path)).toBe(true);
      expect(may(inGroup('system:serviceaccounts'), path)).toBe(true);
      expect(may(NOBODY, path)).toBe(false);
    }
  });

  it('a role is named once, and a subresource is not its resource', () => {
    const names = defaultRights().map(
      ({ resource, object: { metadata } }) =>
        `${resource}/${metadata.namespace ?? ''}/${metadata.name ?? ''}`,
    );
    expect(new Set(names).size).toBe(names.length);
    expect(may(VIEWER, 'get pods/nothing')).toBe(false);
  });
});

describe('through the API', () => {
  let api: Awaited<ReturnType<typeof createApi>>;
  beforeEach(async () => {
    api = await createApi();
    await api.send('POST', `${NAMESPACE}/pods`, { body: pod('web') });
  });
  const as = (group: string) => ({ 'impersonate-user': 'v', 'impersonate-group': group });

  it.each([
    ['GET', `${NAMESPACE}/pods`, undefined, 200],
    ['GET', `${NAMESPACE}/pods/web`, undefined, 200],
    ['GET', '/api/v1/pods', undefined, 200],
    ['GET', `${NAMESPACE}/secrets`, undefined, 403],
    ['GET', `${NAMESPACE}/secrets/s`, undefined, 403],
    ['GET', '/api/v1/secrets?watch=true', undefined, 403],
    ['POST', `${NAMESPACE}/pods`, pod('other'), 403],
    ['PATCH', `${NAMESPACE}/pods/web`, { metadata: { labels: { a: 'b' } } }, 403],
    ['DELETE', `${NAMESPACE}/pods/web`, undefined, 403],
    ['DELETE', `${NAMESPACE}/pods`, undefined, 403],
    ['POST', `${NAMESPACE}/pods/web/exec?command=sh`, undefined, 403],
    ['GET', `${NAMESPACE}/pods/web/exec?command=sh`, undefined, 403],
    ['POST', `${NAMESPACE}/serviceaccounts/default/token`, { spec: {} }, 403],
    ['PUT', '/api/v1/namespaces/default', {}, 403],
  ])('R6: a viewer’s %s %s', async (method, path, body, status) => {
    const headers = {
      ...as(GROUPS.view),
      ...present({
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : undefined,
      }),
    };
    const reply = await api.send(method, path, { headers, ...present({ body }) });
    expect(reply.status).toBe(status);
  });

  it('R6: a podlet’s credential is none for the API', async () => {
    const { metadata } = (await api.send('GET', `${NAMESPACE}/pods/web`)).body as {
      metadata: { uid: string };
    };
    const token = `${bootstrapToken(api.ports.settings.podletKey, metadata.uid, 1)}.a-secret-of-its-own`;
    for (const path of ['/version', '/api', `${NAMESPACE}/pods/web`])
      expect((await api.send('GET', path, { token })).status).toBe(401);
  });

  it('can-i --list shows the rules that decide', async () => {
    const { body } = await api.send(
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      { body: { spec: { namespace: 'default' } }, headers: as(GROUPS.view) },
    );
    const { resourceRules, nonResourceRules } = body['status'] as {
      resourceRules: { resources: string[]; verbs: string[] }[];
      nonResourceRules: { nonResourceURLs: string[] }[];
    };
    expect(resourceRules.filter(({ resources }) => resources.includes('pods'))).toMatchObject([
      { verbs: ['get', 'list', 'watch'] },
    ]);
    expect(nonResourceRules.some(({ nonResourceURLs }) => nonResourceURLs.includes('/api/*'))).toBe(
      true,
    );
  });
});
