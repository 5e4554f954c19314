// Kinds that charts contain and that have no effect: stored, shown, and warned about.
import { expect, it } from 'vitest';
import { createApi, TABLE } from './client.ts';

const NETWORKING = '/apis/networking.k8s.io/v1';
const INGRESSES = `${NETWORKING}/namespaces/default/ingresses`;

const ingress = (spec: object) => ({ metadata: { name: 'x' }, spec });
const web = {
  ingressClassName: 'nginx',
  rules: [
    {
      host: 'a.example.com',
      http: {
        paths: [
          {
            path: '/',
            pathType: 'Prefix',
            backend: { service: { name: 'web', port: { number: 80 } } },
          },
        ],
      },
    },
  ],
};

it.each([
  [INGRESSES, web, ['x', 'nginx', 'a.example.com', '', '80'], 'routes by an Ingress'],
  [
    `${NETWORKING}/ingressclasses`,
    { controller: 'example.com/c' },
    ['x', 'example.com/c', '<none>'],
    undefined,
  ],
  [
    `${NETWORKING}/namespaces/default/networkpolicies`,
    { podSelector: { matchLabels: { app: 'web' } } },
    ['x', 'app=web'],
    'enforces a NetworkPolicy',
  ],
  [
    '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
    ['x', 'Deployment/web', 'cpu: <unknown>/80%', '1', 3, 0],
    'changes no number of replicas',
  ],
])('%s are stored and listed', async (path, spec, cells, warning) => {
  const { send } = await createApi();
  const made = await send('POST', path, { body: ingress(spec) });
  expect(made.status).toBe(201);
  if (warning === undefined) expect(made.headers.get('warning')).toBe(null);
  else expect(made.headers.get('warning')).toContain(warning);
  const { body } = await send('GET', path, { headers: { accept: TABLE } });
  expect(body['rows'][0].cells.slice(0, -1)).toEqual(cells);
  expect((await send('DELETE', `${path}/x`)).status).toBe(200);
});

it.each([
  [{}, 'spec', 'either `defaultBackend` or `rules` must be specified'],
  [
    {
      rules: [
        {
          http: {
            paths: [
              {
                path: 'x',
                pathType: 'Exact',
                backend: { service: { name: 'w', port: { number: 1 } } },
              },
            ],
          },
        },
      ],
    },
    'spec.rules[0].http.paths[0].path',
    'must be an absolute path',
  ],
  [
    { defaultBackend: { service: { name: 'w' } } },
    'spec.defaultBackend',
    'port name or number is required',
  ],
])('an Ingress of %j is refused', async (spec, field, text) => {
  const { send } = await createApi();
  const { status, body } = await send('POST', INGRESSES, { body: ingress(spec) });
  expect(status).toBe(422);
  expect(body['details'].causes[0]).toMatchObject({ field });
  expect(body['details'].causes[0].message).toContain(text);
});

const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
const hook = {
  name: 'a.example.com',
  clientConfig: { service: { name: 's', namespace: 'd' } },
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
};

it.each([
  ['validatingwebhookconfigurations', {}],
  ['mutatingwebhookconfigurations', { reinvocationPolicy: 'Never' }],
])('each write of %s says that no webhook is asked', async (plural, more) => {
  const { send } = await createApi();
  const path = `${ADMISSION}/${plural}`;
  const ignored = { ...hook, name: 'b.example.com', failurePolicy: 'Ignore' };
  const made = await send('POST', path, {
    body: { metadata: { name: 'x' }, webhooks: [hook, ignored] },
  });
  expect(made.status).toBe(201);
  expect(made.headers.get('warning')).toContain('although failurePolicy is Fail: a.example.com"');
  expect(made.body).toMatchObject({
    metadata: { generation: 1 },
    webhooks: [
      {
        clientConfig: { service: { port: 443 } },
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        timeoutSeconds: 10,
        rules: [{ scope: '*' }],
        ...more,
      },
      { failurePolicy: 'Ignore' },
    ],
  });
  const patched = await send('PATCH', `${path}/x`, {
    body: { webhooks: [ignored] },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(patched.body['metadata'].generation).toBe(2);
  expect(patched.headers.get('warning')).toContain('as failurePolicy Ignore lets them');
});

it.each([
  [{ name: 'a' }, 'name', 'should be a domain with at least three segments'],
  [{ sideEffects: undefined }, 'sideEffects', 'must specify one of None, NoneOnDryRun'],
  [{ sideEffects: 'Some' }, 'sideEffects', 'supported values: "None", "NoneOnDryRun"'],
  [{ admissionReviewVersions: ['v2'] }, 'admissionReviewVersions', 'must include at least one of'],
  [{ clientConfig: {} }, 'clientConfig', 'exactly one of url or service is required'],
  [{ clientConfig: { url: 'http://h' } }, 'clientConfig.url', "'https' is the only allowed"],
  [{ timeoutSeconds: 31 }, 'timeoutSeconds', 'must be between 1 and 30 seconds'],
  [{ failurePolicy: 'No' }, 'failurePolicy', 'supported values: "Fail", "Ignore"'],
  [{ rules: [{ ...hook.rules[0], operations: [] }] }, 'rules[0].operations', 'Required value'],
])('a webhook with %j is refused', async (part, field, text) => {
  const { send } = await createApi();
  const { status, body } = await send('POST', `${ADMISSION}/validatingwebhookconfigurations`, {
    body: { metadata: { name: 'x' }, webhooks: [{ ...hook, ...part }] },
  });
  expect(status).toBe(422);
  expect(body['details'].causes[0].field).toBe(`webhooks[0].${field}`);
  expect(body['details'].causes[0].message).toContain(text);
});

it('an APIService of another server is stored, and says by its condition and a warning that nothing is forwarded', async () => {
  const { send } = await createApi();
  const path = '/apis/apiregistration.k8s.io/v1/apiservices';
  const priorities = { groupPriorityMinimum: 100, versionPriority: 10 };
  const made = await send('POST', path, {
    body: {
      metadata: { name: 'v1.x.example.com' },
      spec: {
        group: 'x.example.com',
        version: 'v1',
        ...priorities,
        service: { name: 's', namespace: 'd' },
      },
    },
  });
  expect(made.headers.get('warning')).toContain('forwards no request');
  await send('POST', path, {
    body: { metadata: { name: 'v1.apps' }, spec: { group: 'apps', version: 'v1', ...priorities } },
  });
  const { body } = await send('GET', path, { headers: { accept: TABLE } });
  const rows = body['rows'] as { cells: unknown[] }[];
  expect(rows.map(({ cells }) => cells.slice(0, 3))).toEqual([
    ['v1.apps', 'Local', 'True'],
    ['v1.x.example.com', 'd/s', 'False (NotForwarded)'],
  ]);
  const wrong = await send('POST', path, {
    body: { metadata: { name: 'x' }, spec: { group: 'a.b', version: 'v1', ...priorities } },
  });
  expect(wrong.body['message']).toContain('must be `spec.version');
});

const REQUEST = Buffer.from(
  '-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n',
).toString('base64');

it('a certificate request names who asks, is approved once, and is signed by nobody', async () => {
  const { send } = await createApi();
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const spec = {
    request: REQUEST,
    signerName: 'example.com/signer',
    usages: ['client auth'],
    username: 'somebody',
  };
  const made = await send('POST', path, { body: { metadata: { name: 'x' }, spec } });
  expect(made.headers.get('warning')).toContain('nothing in droppod signs');
  expect(made.body['spec'].username).toBe('admin');
  const approved = { type: 'Approved', status: 'True', reason: 'r' };
  const put = (end: string, status: object) =>
    send('PUT', `${path}/x/${end}`, { body: { ...made.body, status, metadata: { name: 'x' } } });
  const status = await put('status', { certificate: 'AA==', conditions: [approved] });
  expect(status.body['status']).toEqual({ certificate: 'AA==' });
  const approval = await put('approval', { conditions: [approved] });
  expect(approval.body['status']).toMatchObject({ certificate: 'AA==', conditions: [approved] });
  expect(approval.body['status'].conditions[0].lastUpdateTime).toBeDefined();
  expect((await put('approval', { conditions: [] })).status).toBe(422);
  const denied = { ...approved, type: 'Denied' };
  expect((await put('approval', { conditions: [approved, denied] })).status).toBe(422);
  const { body } = await send('GET', path, { headers: { accept: TABLE } });
  expect(body['rows'][0].cells.slice(2)).toEqual([
    'example.com/signer',
    'admin',
    '<none>',
    'Approved,Issued',
  ]);
});

it.each([
  [{ request: 'AA==' }, 'spec.request'],
  [{ usages: [] }, 'spec.usages'],
  [{ signerName: 'x' }, 'spec.signerName'],
  [{ expirationSeconds: 5 }, 'spec.expirationSeconds'],
])('a certificate request with %j is refused', async (part, field) => {
  const { send } = await createApi();
  const spec = { request: REQUEST, signerName: 'example.com/s', usages: ['client auth'], ...part };
  const { status, body } = await send(
    'POST',
    '/apis/certificates.k8s.io/v1/certificatesigningrequests',
    { body: { metadata: { name: 'x' }, spec } },
  );
  expect([status, body['details'].causes[0].field]).toEqual([422, field]);
});

it.each([
  [
    'csidrivers',
    { attachRequired: false },
    ['x', false, false, false, '<unset>', false, 'Persistent'],
  ],
  ['csinodes', { drivers: [{ name: 'd', nodeID: 'n' }] }, ['x', 1]],
])('%s are stored with a warning', async (plural, spec, cells) => {
  const { send } = await createApi();
  const path = `/apis/storage.k8s.io/v1/${plural}`;
  const made = await send('POST', path, { body: { metadata: { name: 'x' }, spec } });
  expect(made.headers.get('warning')).toContain('runs no volume plug-ins');
  const { body } = await send('GET', path, { headers: { accept: TABLE } });
  expect(body['rows'][0].cells.slice(0, -1)).toEqual(cells);
});

it('the generation of an Ingress counts changes of its spec, and its status has an endpoint', async () => {
  const { send } = await createApi();
  await send('POST', INGRESSES, { body: ingress(web) });
  const headers = { 'content-type': 'application/merge-patch+json' };
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
  expect(
    (await send('PATCH', `${INGRESSES}/x/status`, { body: { status }, headers })).body,
  ).toMatchObject({
    metadata: { generation: 1 },
    status,
  });
  const patched = await send('PATCH', `${INGRESSES}/x`, {
    body: { spec: { ingressClassName: 'other' } },
    headers,
  });
  expect(patched.body).toMatchObject({ metadata: { generation: 2 }, status });
});
