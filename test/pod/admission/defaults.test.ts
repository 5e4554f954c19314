// Defaults, QoS, first status and admission of a pod (core/v1/defaults.go, registry/core/pod/strategy.go).
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { admitPod, admitPodUpdate } from '../../../src/pod/admission/admit.ts';
import { imagePullPolicy } from '../../../src/pod/admission/default-volumes.ts';
import { defaultPod } from '../../../src/pod/admission/defaults.ts';
import { prepareForCreate } from '../../../src/pod/admission/prepare.ts';
import { qosClass } from '../../../src/pod/model/qos.ts';

const ACCOUNT = { metadata: { name: 'default' } };
const pod = (spec: object, container: object = {}): Pod =>
  defaultPod({
    metadata: { name: 'p', namespace: 'ns' },
    spec: { containers: [{ name: 'c', image: 'x:1', ...container }], ...spec },
    status: {},
  } as Pod);

describe('defaults', () => {
  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['localhost:5000/a', 'Always'],
    ['a/b:v1', 'IfNotPresent'],
    [`a@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
    ['<not an image>', 'IfNotPresent'],
  ])('G1: pulls %s %s', (image, policy) => expect(imagePullPolicy(image)).toBe(policy));

  it('changes nothing when asked again', () => {
    const once = pod(
      { volumes: [{ name: 'v' }] },
      {
        ports: [{ containerPort: 80 }],
        livenessProbe: { httpGet: { port: 80 } },
        resources: { limits: { cpu: '0.5' } },
      },
    );
    expect(defaultPod(once)).toEqual(once);
  });

  it('leaves the given pod as it is', () => {
    const given: Pod = {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'x' }] },
      status: {},
    };
    const before = structuredClone(given);
    defaultPod(given);
    expect(given).toEqual(before);
  });

  it('takes a body without a spec', () =>
    expect(defaultPod({} as Pod).spec.containers).toEqual([]));

  it('L5: stores a negative grace period as 1 and keeps 0', () => {
    expect(pod({ terminationGracePeriodSeconds: -5 }).spec.terminationGracePeriodSeconds).toBe(1);
    expect(pod({ terminationGracePeriodSeconds: 0 }).spec.terminationGracePeriodSeconds).toBe(0);
  });

  it.each<[string, object[], string]>([
    ['no resources', [{}], 'BestEffort'],
    ['zero quantities', [{ requests: { cpu: '0' } }], 'BestEffort'],
    ['requests only', [{ requests: { cpu: '1' } }], 'Burstable'],
    ['limits of both', [{ limits: { cpu: '1', memory: '1Gi' } }], 'Guaranteed'],
    ['one container without limits', [{ limits: { cpu: '1', memory: '1Gi' } }, {}], 'Burstable'],
    [
      'requests below limits',
      [{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }],
      'Burstable',
    ],
  ])('M: %s: %s → %s', (_, resources, expected) =>
    expect(
      qosClass(
        pod({
          containers: resources.map((entry, index) => ({
            name: `c${index}`,
            image: 'x:1',
            resources: entry,
          })),
        }),
      ),
    ).toBe(expected),
  );

  it('merges label keys into selectors', () => {
    const given = pod({
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'z',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: {},
          matchLabelKeys: ['app', 'no'],
        },
      ],
    });
    const made = prepareForCreate(
      { ...given, metadata: { ...given.metadata, labels: { app: 'a' } } },
      new Date(0),
    );
    expect(made.spec.topologySpreadConstraints?.[0]?.labelSelector).toEqual({
      matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }],
    });
  });

  it('replaces whatever status was sent', () =>
    expect(
      prepareForCreate({ ...pod({}), status: { phase: 'Running' } }, new Date(0)).status,
    ).toEqual({ phase: 'Pending', qosClass: 'BestEffort' }));
});

describe('admission', () => {
  const admitted = (subject: Pod, facts: object = {}): Pod => {
    const answer = admitPod(subject, { serviceAccount: ACCOUNT, suffix: 'abcde', ...facts });
    if ('forbidden' in answer) throw new Error(answer.forbidden);
    return answer.pod;
  };

  it('adds the token volume last, to every container, once', () => {
    const first = admitted(pod({ initContainers: [{ name: 'i', image: 'x:1' }] }));
    expect(first.spec.volumes?.map(({ name }) => name)).toEqual(['kube-api-access-abcde']);
    expect(
      [...first.spec.containers, ...first.spec.initContainers!].every(
        ({ volumeMounts }) => volumeMounts?.length === 1,
      ),
    ).toBe(true);
    expect(admitted(first)).toEqual(first);
  });

  it.each([
    ['the pod', { automountServiceAccountToken: false }, {}],
    ['the account', {}, { serviceAccount: { ...ACCOUNT, automountServiceAccountToken: false } }],
  ])('adds no token where %s forbids it', (_, spec, facts) =>
    expect(admitted(pod(spec), facts).spec.volumes).toBeUndefined(),
  );

  it("copies the account's pull secrets where the pod has none", () => {
    const facts = { serviceAccount: { ...ACCOUNT, imagePullSecrets: [{ name: 's' }] } };
    expect(admitted(pod({}), facts).spec.imagePullSecrets).toEqual([{ name: 's' }]);
    expect(
      admitted(pod({ imagePullSecrets: [{ name: 'own' }] }), facts).spec.imagePullSecrets,
    ).toEqual([{ name: 'own' }]);
  });

  it.each<[object, object, string]>([
    [
      { serviceAccountName: 'nosa' },
      { serviceAccount: undefined },
      'error looking up service account ns/nosa: serviceaccount "nosa" not found',
    ],
    [{ priorityClassName: 'foo' }, {}, 'no PriorityClass with name foo was found'],
    [
      { priority: 5 },
      {},
      'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ],
    [{ runtimeClassName: 'foo' }, {}, 'pod rejected: RuntimeClass "foo" not found'],
    [
      { overhead: { cpu: '1' } },
      {},
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    ],
  ])('forbids %j', (spec, facts, forbidden) =>
    expect(admitPod(pod(spec), { serviceAccount: ACCOUNT, suffix: 'abcde', ...facts })).toEqual({
      forbidden,
    }),
  );

  it('takes the value of a priority class', () =>
    expect(
      admitted(pod({ priorityClassName: 'high' }), {
        priorityClass: { name: 'high', value: 7, preemptionPolicy: 'Never' },
      }).spec,
    ).toMatchObject({ priority: 7, preemptionPolicy: 'Never' }));

  it('puts default tolerations back on update, unless a like one is there', () => {
    expect(admitPodUpdate(pod({})).spec.tolerations).toHaveLength(2);
    expect(
      admitPodUpdate(pod({ tolerations: [{ operator: 'Exists' }] })).spec.tolerations,
    ).toHaveLength(1);
  });
});
