// Kinds that charts bring and nothing acts upon: stored, shown, and answered with a warning that says so.
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
    { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
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
    'spec.defaultBackend.service.port',
    'port name or number is required',
  ],
])('an Ingress of %j is refused', async (spec, field, text) => {
  const { send } = await createApi();
  const { status, body } = await send('POST', INGRESSES, { body: ingress(spec) });
  expect(status).toBe(422);
  expect(body['details'].causes[0]).toMatchObject({ field });
  expect(body['details'].causes[0].message).toContain(text);
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
