// IRSA: a service account's annotations and their effect on its pods (amazon-eks-pod-identity-webhook, line by line).
import { describe, expect, it } from 'vitest';
import type { Container, Pod, ServiceAccount } from '../../src/kinds/pod.ts';
import { withWebIdentity } from '../../src/fargate/web-identity.ts';

const ROLE = 'arn:aws:iam::000000000000:role/app';
const account = (annotations: Record<string, string> = {}): ServiceAccount => ({
  metadata: { annotations: { 'eks.amazonaws.com/role-arn': ROLE, ...annotations } },
});
const podWith = (
  container: Partial<Container> = {},
  annotations?: Record<string, string>,
  spec: Partial<Pod['spec']> = {},
): Pod => ({
  metadata: { name: 'p', ...(annotations ? { annotations } : {}) },
  spec: { containers: [{ name: 'a', image: 'i', ...container }], ...spec },
  status: {},
});
const admitted = (pod: Pod, annotations: Record<string, string> = {}) =>
  withWebIdentity(pod, account(annotations), 'eu-west-1').spec;

const ENV = [
  { name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' },
  { name: 'AWS_DEFAULT_REGION', value: 'eu-west-1' },
  { name: 'AWS_REGION', value: 'eu-west-1' },
  { name: 'AWS_ROLE_ARN', value: ROLE },
  {
    name: 'AWS_WEB_IDENTITY_TOKEN_FILE',
    value: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token',
  },
];
const MOUNT = {
  name: 'aws-iam-token',
  readOnly: true,
  mountPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount',
};
const volume = (audience = 'sts.amazonaws.com', expirationSeconds = 86_400) => ({
  name: 'aws-iam-token',
  projected: {
    sources: [{ serviceAccountToken: { audience, expirationSeconds, path: 'token' } }],
    defaultMode: 420,
  },
});

describe('a service account that names a role', () => {
  it('R6: gives every container of its pods a token and the variables, init containers too', () => {
    const pod = podWith(
      { env: [{ name: 'A', value: '1' }], volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      undefined,
      {
        initContainers: [{ name: 'i', image: 'i' }],
        volumes: [{ name: 'v', emptyDir: {} }],
      },
    );
    expect(admitted(pod)).toEqual({
      volumes: [volume(), { name: 'v', emptyDir: {} }],
      initContainers: [{ name: 'i', image: 'i', env: ENV, volumeMounts: [MOUNT] }],
      containers: [
        {
          name: 'a',
          image: 'i',
          env: [{ name: 'A', value: '1' }, ...ENV],
          volumeMounts: [{ name: 'v', mountPath: '/v' }, MOUNT],
        },
      ],
    });
  });

  it.each([
    [undefined],
    [{}],
    [{ metadata: {} }],
    [{ metadata: { annotations: {} } }],
    [account({ 'eks.amazonaws.com/role-arn': '' })],
  ])('R6: of an account without a role (%j) a pod stays as it is', (other) => {
    const pod = podWith();
    expect(withWebIdentity(pod, other as ServiceAccount | undefined, 'eu-west-1')).toBe(pod);
  });

  it.each([
    [
      ['AWS_ROLE_ARN'],
      ['AWS_ROLE_ARN', 'AWS_STS_REGIONAL_ENDPOINTS', 'AWS_DEFAULT_REGION', 'AWS_REGION'],
    ],
    [
      ['AWS_WEB_IDENTITY_TOKEN_FILE'],
      [
        'AWS_WEB_IDENTITY_TOKEN_FILE',
        'AWS_STS_REGIONAL_ENDPOINTS',
        'AWS_DEFAULT_REGION',
        'AWS_REGION',
      ],
    ],
    [
      ['AWS_REGION'],
      ['AWS_REGION', 'AWS_STS_REGIONAL_ENDPOINTS', 'AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
    ],
    [
      ['AWS_DEFAULT_REGION'],
      [
        'AWS_DEFAULT_REGION',
        'AWS_STS_REGIONAL_ENDPOINTS',
        'AWS_ROLE_ARN',
        'AWS_WEB_IDENTITY_TOKEN_FILE',
      ],
    ],
    [
      ['AWS_STS_REGIONAL_ENDPOINTS'],
      [
        'AWS_STS_REGIONAL_ENDPOINTS',
        'AWS_DEFAULT_REGION',
        'AWS_REGION',
        'AWS_ROLE_ARN',
        'AWS_WEB_IDENTITY_TOKEN_FILE',
      ],
    ],
  ])('R6: where a container sets %j itself, its variables are %j', (set, names) => {
    const env = set.map((name) => ({ name, value: 'mine' }));
    const [container] = admitted(podWith({ env })).containers;
    expect(container?.env?.map(({ name }) => name)).toEqual(names);
    expect(container?.env?.slice(0, 1)).toEqual(env);
    expect(container?.volumeMounts).toEqual([MOUNT]);
  });

  it('R6: a container that sets all of them gets nothing, no mount either', () => {
    const env = ['AWS_ROLE_ARN', 'AWS_REGION', 'AWS_STS_REGIONAL_ENDPOINTS'].map((name) => ({
      name,
      value: 'mine',
    }));
    expect(admitted(podWith({ env })).containers).toEqual([{ name: 'a', image: 'i', env }]);
  });

  it('R6: a volume or a mount of that name stays what it is', () => {
    const own = { name: 'aws-iam-token', emptyDir: {} };
    const mount = { name: 'aws-iam-token', mountPath: '/elsewhere' };
    const spec = admitted(podWith({ volumeMounts: [mount] }, undefined, { volumes: [own] }));
    expect(spec.volumes).toEqual([own]);
    expect(spec.containers[0]?.volumeMounts).toEqual([mount]);
  });

  it.each([
    [{}, undefined, volume()],
    [{ 'eks.amazonaws.com/audience': 'other' }, undefined, volume('other')],
    [{ 'eks.amazonaws.com/token-expiration': '7200' }, undefined, volume(undefined, 7_200)],
    [{ 'eks.amazonaws.com/token-expiration': '1' }, undefined, volume(undefined, 600)],
    [{ 'eks.amazonaws.com/token-expiration': '-5' }, undefined, volume(undefined, 600)],
    [{ 'eks.amazonaws.com/token-expiration': '2h' }, undefined, volume()],
    [
      { 'eks.amazonaws.com/token-expiration': '7200' },
      { 'eks.amazonaws.com/token-expiration': '900' },
      volume(undefined, 900),
    ],
    [
      { 'eks.amazonaws.com/token-expiration': '7200' },
      { 'eks.amazonaws.com/token-expiration': 'x' },
      volume(undefined, 7_200),
    ],
  ])('R6: the account’s %j and the pod’s %j make its volume', (annotations, ofPod, expected) =>
    expect(admitted(podWith({}, ofPod), annotations as Record<string, string>).volumes).toEqual([
      expected,
    ]),
  );

  it.each([
    ['true', true],
    ['F', false],
    ['0', false],
    ['nonsense', true],
  ])('R6: sts-regional-endpoints %s', (text, expected) => {
    const { containers } = admitted(podWith(), {
      'eks.amazonaws.com/sts-regional-endpoints': text,
    });
    expect(containers[0]?.env?.some(({ name }) => name === 'AWS_STS_REGIONAL_ENDPOINTS')).toBe(
      expected,
    );
  });

  it.each([
    ['a', []],
    ['"a",b', []],
    ['b', ['a']],
    ['"a', ['a']],
    [' a', ['a']],
  ])('R6: the pod’s skip-containers %s leaves %j with variables', (text, names) => {
    const { containers } = admitted(podWith({}, { 'eks.amazonaws.com/skip-containers': text }));
    expect(containers.filter(({ env }) => env).map(({ name }) => name)).toEqual(names);
  });
});
