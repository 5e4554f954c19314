// LimitRange: the kind's own rules, and its effect on pods.
import { beforeEach, expect, it } from 'vitest';
import { NAMESPACE, TABLE, createApi, pod } from './client.ts';

let api: Awaited<ReturnType<typeof createApi>>;
beforeEach(async () => {
  api = await createApi();
});

const RANGES = `${NAMESPACE}/limitranges`;
const range = (limits: object[], name = 'sizes') => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name },
  spec: { limits },
});
const SIZES = [
  {
    type: 'Container',
    default: { cpu: '200m', memory: '64Mi' },
    defaultRequest: { cpu: '100m' },
    max: { cpu: '0.5' },
    min: { memory: '16Mi' },
    maxLimitRequestRatio: { cpu: '4' },
  },
  { type: 'Pod', max: { cpu: '600m' } },
];
const sized = (name: string, resources?: object) =>
  pod(name, { containers: [{ name: 'app', image: 'busybox:1', resources }] });
const create = (body: object) => api.send('POST', `${NAMESPACE}/pods?dryRun=All`, { body });

it('stores canonical amounts and the defaults that follow from others', async () => {
  const { status, body } = await api.send('POST', RANGES, { body: range(SIZES) });
  expect(status).toBe(201);
  expect(body['spec'].limits[0]).toEqual({
    ...SIZES[0],
    max: { cpu: '500m' },
    defaultRequest: { cpu: '100m', memory: '64Mi' },
  });
});

it('gives to containers what they do not ask for, and says so in an annotation', async () => {
  await api.send('POST', RANGES, { body: range(SIZES) });
  const { body } = await create(sized('none'));
  expect(body['metadata'].annotations['kubernetes.io/limit-ranger']).toBe(
    'LimitRanger plugin set: cpu, memory request for container app; cpu, memory limit for container app',
  );
  expect(body['spec'].containers[0].resources).toEqual({
    limits: { cpu: '200m', memory: '64Mi' },
    requests: { cpu: '100m', memory: '64Mi' },
  });
  const whole = await create(sized('limit-only', { limits: { cpu: '400m', memory: '20Mi' } }));
  expect(whole.body['metadata'].annotations).toBeUndefined();
});

it.each([
  [
    'less than the minimum',
    { requests: { memory: '8Mi' }, limits: { memory: '32Mi' } },
    'minimum memory usage per Container is 16Mi, but request is 8Mi',
  ],
  [
    'more than the maximum, of the container and of the pod',
    { limits: { cpu: '1' } },
    '[maximum cpu usage per Container is 500m, but limit is 1, maximum cpu usage per Pod is 600m, but limit is 1]',
  ],
  [
    'too far apart',
    { requests: { cpu: '50m' }, limits: { cpu: '400m' } },
    'cpu max limit to request ratio per Container is 4, but provided ratio is 8.000000',
  ],
])('refuses a pod: %s', async (_name, resources, why) => {
  await api.send('POST', RANGES, { body: range(SIZES) });
  const { status, body } = await create(sized('p', resources));
  expect([status, body['message']]).toEqual([403, `pods "p" is forbidden: ${why}`]);
});

it("a pod's own rules come before the bounds", async () => {
  await api.send('POST', RANGES, { body: range(SIZES) });
  const { status, body } = await create(sized('p', { requests: { cpu: '300m' } }));
  expect([status, body['details'].causes[0].message]).toEqual([
    422,
    'Invalid value: "300m": must be less than or equal to cpu limit of 200m',
  ]);
});

it('the whole pod counts its init containers at their most, and only a new pod is looked at', async () => {
  const container = (name: string, cpu: string) => ({
    name,
    image: 'busybox:1',
    resources: { limits: { cpu } },
  });
  const body = pod('p', {
    containers: [container('a', '200m'), container('b', '200m')],
    initContainers: [container('i', '500m')],
  });
  await api.send('POST', `${NAMESPACE}/pods`, { body });
  await api.send('POST', RANGES, { body: range([{ type: 'Pod', max: { cpu: '450m' } }]) });
  const again = await create({ ...body, metadata: { name: 'q' } });
  expect(again.body['message']).toContain('maximum cpu usage per Pod is 450m, but limit is 500m');
  const label = { ...body, metadata: { name: 'p', labels: { a: 'b' } } };
  const patched = await api.send('PATCH', `${NAMESPACE}/pods/p`, {
    body: { metadata: label.metadata },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect(patched.status).toBe(200);
});

it.each([
  [
    { type: 'Disk' },
    'type',
    'Invalid value: "Disk": must be a standard limit type or fully qualified',
  ],
  [
    { type: 'Container', max: { nonsense: '1' } },
    'max[nonsense]',
    'Invalid value: "nonsense": must be a standard resource type or fully qualified',
  ],
  [
    { type: 'Pod', default: { cpu: '1' } },
    'default',
    "Forbidden: may not be specified when `type` is 'Pod'",
  ],
  [
    { type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } },
    'min[cpu]',
    'Invalid value: "2": min value 2 is greater than max value 1',
  ],
  [
    { type: 'Container', defaultRequest: { cpu: '2' }, default: { cpu: '1' } },
    'defaultRequest[cpu]',
    'Invalid value: "2": default request value 2 is greater than default limit value 1',
  ],
  [
    { type: 'Pod', maxLimitRequestRatio: { cpu: '800m' } },
    'maxLimitRequestRatio[cpu]',
    'Invalid value: "800m": ratio 800m is less than 1',
  ],
  [
    { type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } },
    'maxLimitRequestRatio[cpu]',
    'Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
  ],
  [
    { type: 'PersistentVolumeClaim' },
    'limits',
    'Required value: either minimum or maximum storage value is required, but neither was provided',
  ],
])('refuses the limit %j', async (limit, field, message) => {
  const { status, body } = await api.send('POST', RANGES, { body: range([limit]) });
  expect(status).toBe(422);
  expect(body['details'].causes[0]).toMatchObject({ field: `spec.limits[0].${field}`, message });
});

it('shows name and time of creation', async () => {
  await api.send('POST', RANGES, { body: range(SIZES) });
  const { body } = await api.send('GET', RANGES, { headers: { accept: TABLE } });
  expect(body['columnDefinitions'].map(({ name }: { name: string }) => name)).toEqual([
    'Name',
    'Created At',
  ]);
  expect(body['rows'][0].cells).toEqual(['sizes', '2026-01-01T00:00:00Z']);
});

it('bounds what a claim asks for', async () => {
  const limit = { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } };
  await api.send('POST', RANGES, { body: range([limit]) });
  const claim = async (storage: string) =>
    (
      await api.send('POST', `${NAMESPACE}/persistentvolumeclaims`, {
        body: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'c' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
        },
      })
    ).body['message'] as string;
  expect(await claim('500Mi')).toBe(
    'persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi',
  );
  expect(await claim('3Gi')).toContain(
    'maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
  );
  expect(await claim('1Gi')).toBeUndefined();
});
