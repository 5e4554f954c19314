// What a container is started with: G7 (command), H (environment), I (users), J and K (probes, hooks), F (subPath).
import { describe, expect, it } from 'vitest';
import type { Container, Pod, PodSpec, Service } from '../../src/kinds/pod.ts';
import type { ImageConfig } from '../../src/ports/images.ts';
import { present } from '../../src/present.ts';
import { startOrder, type StartContext } from '../../src/sync/start-order.ts';
import { podOf } from '../pod/samples.ts';

const image: ImageConfig = {
  digest: 'sha256:1',
  reference: 'busybox@sha256:1',
  name: 'docker.io/library/busybox:1',
  imageId: 'docker.io/library/busybox@sha256:1',
  architecture: 'amd64',
  entrypoint: ['/entry'],
  cmd: ['serve'],
  env: ['PATH=/bin', 'LANG=C'],
  user: '',
  workingDir: '/srv',
  stopSignal: '',
};
const objects = {
  configMaps: { conf: { a: '1', b: '2' } } as Record<string, Record<string, string>>,
  secrets: { keys: { token: Buffer.from('s3cret').toString('base64') } } as Record<
    string,
    Record<string, string>
  >,
};
const context = (more: Partial<ImageConfig> = {}): StartContext => ({
  image: { ...image, ...more },
  configMap: (name) =>
    objects.configMaps[name] ? { metadata: { name }, data: objects.configMaps[name] } : undefined,
  secret: (name) =>
    objects.secrets[name] ? { metadata: { name }, data: objects.secrets[name] } : undefined,
  services: [],
  podIP: '10.0.0.5',
  hostIP: '192.0.2.10',
  nodeName: 'fargate',
  settings: { apiHost: '10.0.0.1', apiPort: 443, clusterDomain: 'cluster.local' },
  logNonce: 'n',
  run: 1,
});
const podWith = (container: Partial<Container>, spec: Partial<PodSpec> = {}): Pod =>
  podOf({ ...spec, containers: [{ name: 'app', image: 'busybox:1', ...container }] });

function ordered(pod: Pod, facts: StartContext = context()) {
  const found = startOrder(pod, 'app', facts);
  if ('waiting' in found) throw new Error(found.waiting.message);
  return found.order;
}
const envOf = (pod: Pod, facts?: StartContext) => Object.fromEntries(ordered(pod, facts).env);
const waitingOf = (pod: Pod, facts = context()) => {
  const found = startOrder(pod, 'app', facts);
  return 'waiting' in found ? found.waiting : undefined;
};

describe('G7: command and args', () => {
  it.each<[string, Partial<Container>, string[]]>([
    ['neither: ENTRYPOINT and CMD', {}, ['/entry', 'serve']],
    ['command alone drops CMD', { command: ['sh'] }, ['sh']],
    ['args alone keep ENTRYPOINT', { args: ['x'] }, ['/entry', 'x']],
    ['both', { command: ['sh'], args: ['-c', 'x'] }, ['sh', '-c', 'x']],
    [
      '$(VAR) of the whole environment',
      {
        command: ['echo', '$(A)-$(KUBERNETES_SERVICE_PORT)-$(NONE)-$$(A)'],
        env: [{ name: 'A', value: '1' }],
      },
      ['echo', '1-443-$(NONE)-$(A)'],
    ],
  ])('%s', (_rule, container, argv) => expect(ordered(podWith(container)).argv).toEqual(argv));

  it('no command at all is a CreateContainerError', () => {
    expect(waitingOf(podWith({}), context({ entrypoint: [], cmd: [] }))).toEqual({
      reason: 'CreateContainerError',
      message: expect.stringMatching(/no command specified$/),
    });
  });
});

describe('H: environment', () => {
  it('H2, H5: host name, image ENV, service variables', () => {
    expect(envOf(podWith({ env: [{ name: 'LANG', value: 'de' }] }))).toMatchObject({
      PATH: '/bin',
      HOSTNAME: 'web',
      LANG: 'de',
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      KUBERNETES_SERVICE_PORT_HTTPS: '443',
      KUBERNETES_PORT: 'tcp://10.0.0.1:443',
      KUBERNETES_PORT_443_TCP: 'tcp://10.0.0.1:443',
      KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
      KUBERNETES_PORT_443_TCP_PORT: '443',
      KUBERNETES_PORT_443_TCP_ADDR: '10.0.0.1',
    });
  });

  it.each<[string, boolean, boolean]>([
    ['services of the namespace appear', true, true],
    ['enableServiceLinks false hides them', false, false],
  ])('%s', (_rule, enableServiceLinks, there) => {
    const service: Service = {
      metadata: { name: 'my-db' },
      spec: { clusterIP: '10.0.0.7', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] },
    };
    const env = envOf(podWith({}, { enableServiceLinks }), { ...context(), services: [service] });
    expect(
      env['MY_DB_SERVICE_PORT_SQL'] === '5432' && env['MY_DB_PORT'] === 'tcp://10.0.0.7:5432',
    ).toBe(there);
    expect(env['KUBERNETES_SERVICE_PORT']).toBe('443');
  });

  it('H1: expands in list order, later variables stay literal', () => {
    const env = envOf(
      podWith({
        env: [
          { name: 'A', value: '$(B)' },
          { name: 'B', value: 'b' },
          { name: 'C', value: '$(B)$(A)' },
        ],
      }),
    );
    expect(env).toMatchObject({ A: '$(B)', B: 'b', C: 'b$(B)' });
  });

  it('H3: fieldRef', () => {
    const field = (name: string, fieldPath: string) => ({
      name,
      valueFrom: { fieldRef: { fieldPath } },
    });
    const env = envOf(
      podWith({
        env: [
          field('N', 'metadata.name'),
          field('IP', 'status.podIP'),
          field('NODE', 'spec.nodeName'),
          field('L', "metadata.labels['no']"),
          field('H', 'status.hostIP'),
        ],
      }),
    );
    expect(env).toMatchObject({
      N: 'web',
      IP: '10.0.0.5',
      NODE: 'fargate',
      L: '',
      H: '192.0.2.10',
    });
  });

  it.each<[string, string, string | undefined, string]>([
    ['requests.cpu 125m rounds up', 'requests.cpu', undefined, '1'],
    ['limits.cpu 250m in thousandths', 'limits.cpu', '1m', '250'],
    ['requests.memory 32Mi', 'requests.memory', undefined, '33554432'],
    ['limits.memory 64Mi in Mi', 'limits.memory', '1Mi', '64'],
    ['a missing request is 0', 'requests.ephemeral-storage', undefined, '0'],
  ])('H4: %s', (_rule, resource, divisor, value) => {
    const resources = {
      requests: { cpu: '125m', memory: '32Mi' },
      limits: { cpu: '250m', memory: '64Mi' },
    };
    const resourceFieldRef = { resource, ...present({ divisor }) };
    expect(
      envOf(podWith({ resources, env: [{ name: 'R', valueFrom: { resourceFieldRef } }] }))['R'],
    ).toBe(value);
  });

  it('envFrom with prefixes, then env, secrets decoded', () => {
    const env = envOf(
      podWith({
        envFrom: [
          { prefix: 'P_', configMapRef: { name: 'conf' } },
          { secretRef: { name: 'keys' } },
        ],
        env: [
          { name: 'P_a', value: 'own' },
          { name: 'K', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
          { name: 'O', valueFrom: { secretKeyRef: { name: 'no', key: 'x', optional: true } } },
        ],
      }),
    );
    expect(env).toMatchObject({ P_a: 'own', P_b: '2', token: 's3cret', K: 's3cret' });
    expect(env).not.toHaveProperty('O');
  });

  it.each<[string, Partial<Container>, string]>([
    [
      'no configMap',
      { envFrom: [{ configMapRef: { name: 'missing' } }] },
      'configmap "missing" not found',
    ],
    [
      'no secret',
      { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'missing', key: 'k' } } }] },
      'secret "missing" not found',
    ],
    [
      'no key in a configMap',
      { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'conf', key: 'z' } } }] },
      "couldn't find key z in ConfigMap default/conf",
    ],
    [
      'no key in a secret',
      { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'keys', key: 'z' } } }] },
      "couldn't find key z in Secret default/keys",
    ],
    [
      'an empty name in subPathExpr',
      { volumeMounts: [{ name: 'd', mountPath: '/d', subPathExpr: '$(B)/$(A)' }] },
      'missing value for A, B',
    ],
  ])('CreateContainerConfigError: %s', (_rule, container, message) => {
    expect(waitingOf(podWith(container))).toEqual({
      reason: 'CreateContainerConfigError',
      message,
    });
  });
});

describe('users', () => {
  const where = '(pod: "web_default(0e1f)", container: app)';
  it.each<[string, Container['securityContext'], string, string]>([
    [
      'runAsUser 0',
      { runAsNonRoot: true, runAsUser: 0 },
      '',
      `container's runAsUser breaks non-root policy ${where}`,
    ],
    [
      'image without USER',
      { runAsNonRoot: true },
      '',
      `container has runAsNonRoot and image will run as root ${where}`,
    ],
    [
      'image USER 0',
      { runAsNonRoot: true },
      '0',
      `container has runAsNonRoot and image will run as root ${where}`,
    ],
    [
      'image USER by name',
      { runAsNonRoot: true },
      'web',
      `container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root ${where}`,
    ],
  ])('runAsNonRoot refuses %s', (_rule, securityContext, user, message) => {
    expect(
      waitingOf(podWith({ ...(securityContext && { securityContext }) }), context({ user }))
        ?.message,
    ).toBe(message);
  });

  it('the container over the pod over the image', () => {
    const pod = podWith(
      {
        securityContext: {
          runAsGroup: 7,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'], add: ['CAP_NET_BIND_SERVICE'] },
        },
      },
      { securityContext: { runAsUser: 5, fsGroup: 9, supplementalGroups: [8] } },
    );
    expect(ordered(pod, context({ user: 'web:web' })).user).toEqual({
      user: '5',
      group: '7',
      supplementalGroups: [9, 8],
      groupsPolicy: 'Merge',
      noNewPrivileges: true,
      runAsNonRoot: false,
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    });
    expect(ordered(podWith({}), context({ user: 'web:www' })).user).toMatchObject({
      user: 'web',
      group: '',
    });
  });
});

describe('bytes that are no text', () => {
  const binary = {
    name: 'keys',
    data: {
      key: Buffer.from([0x61, 0xff, 0xfe]).toString('base64'),
      text: Buffer.from('pass\n\ufeffä').toString('base64'),
    },
  };
  const facts: StartContext = {
    ...context(),
    secret: (name) =>
      name === binary.name ? { metadata: { name }, data: binary.data } : undefined,
  };
  const from = (key: string) => ({ name: 'V', valueFrom: { secretKeyRef: { name: 'keys', key } } });
  it.each<[string, Partial<Container>]>([
    ['a variable', { env: [from('key')] }],
    ['all variables of a secret', { envFrom: [{ secretRef: { name: 'keys' } }] }],
    ['a variable made of another', { env: [from('key'), { name: 'W', value: 'x$(V)y' }] }],
  ])('H1: %s: CreateContainerError, as the runtime takes text only', (_what, container) => {
    expect(startOrder(podWith(container), 'app', facts)).toEqual({
      waiting: {
        reason: 'CreateContainerError',
        message: 'grpc: error while marshaling: string field contains invalid UTF-8',
      },
    });
  });
  it('H1: text stays as it is, marks and line ends too; what a later variable replaces does not count', () => {
    expect(ordered(podWith({ env: [from('text')] }), facts).env).toContainEqual([
      'V',
      'pass\n\ufeffä',
    ]);
    expect(
      ordered(podWith({ env: [from('key'), { name: 'V', value: 'x' }] }), facts).env,
    ).toContainEqual(['V', 'x']);
  });
});

describe('probes and hooks', () => {
  it('J1: ports by name, defaults, literal expansion', () => {
    const order = ordered(
      podWith({
        ports: [{ name: 'http', containerPort: 8080 }],
        env: [{ name: 'F', value: '/tmp/ok' }],
        readinessProbe: { httpGet: { port: 'http' } },
        livenessProbe: { exec: { command: ['cat', '$(F)'] }, terminationGracePeriodSeconds: 3 },
        startupProbe: { tcpSocket: { port: 'none' } },
      }),
    );
    expect(order.readiness).toMatchObject({
      handler: { httpGet: { port: 8080, path: '/', scheme: 'HTTP', headers: [] } },
      periodSeconds: 10,
      timeoutSeconds: 1,
      failureThreshold: 3,
    });
    expect(order.liveness).toMatchObject({
      handler: { exec: { command: ['cat', '/tmp/ok'] } },
      terminationGracePeriodSeconds: 3,
      killSuffix: ', will be restarted',
    });
    expect(order.startup?.handler).toEqual({
      tcpSocket: { port: 0, error: 'strconv.Atoi: parsing "none": invalid syntax' },
    });
  });

  it('K1: hooks, the image STOPSIGNAL and the grace period', () => {
    const lifecycle = {
      postStart: { exec: { command: ['a', '$(B)'] } },
      preStop: { sleep: { seconds: 2 } },
    };
    const order = ordered(
      podWith({ lifecycle }, { terminationGracePeriodSeconds: 5 }),
      context({ stopSignal: 'SIGQUIT' }),
    );
    expect(order.postStart).toEqual({ exec: { command: ['a', '$(B)'] } });
    expect(order.stop).toEqual({
      signal: 'SIGQUIT',
      graceSeconds: 5,
      preStop: { sleep: { seconds: 2 } },
    });
  });

  it('F2: a part whose path only the variables decide is a link where the whole is mounted too, else the volume itself', () => {
    const part = { name: 'd', mountPath: '/data', subPathExpr: 'logs/$(N)' };
    const pod = (...more: Container['volumeMounts'] & object) =>
      podWith(
        { env: [{ name: 'N', value: 'x' }], volumeMounts: [part, ...more] },
        { volumes: [{ name: 'd', emptyDir: {} }] },
      );
    expect(ordered(pod()).links).toBeUndefined();
    expect(ordered(pod({ name: 'd', mountPath: '/all' })).links).toEqual([
      { link: '/data', target: '/.droppod/m/d/logs/x' },
    ]);
  });

  it.each<[string, Partial<PodSpec>, Partial<Container>, boolean]>([
    ['Always', { restartPolicy: 'Always' }, {}, false],
    ['OnFailure', { restartPolicy: 'OnFailure' }, {}, false],
    ['Never', { restartPolicy: 'Never' }, {}, true],
    [
      'Never with a rule of its own',
      { restartPolicy: 'Never' },
      {
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [3] } }],
      },
      false,
    ],
  ])(
    'C9: under %s the root is put back for the next run where there can be one',
    (_name, spec, container, once) => {
      expect(ordered(podWith(container, spec)).runsOnce ?? false).toBe(once);
    },
  );
});
