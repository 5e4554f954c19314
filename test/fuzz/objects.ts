// Objects of every served kind: whole ones to begin with, grown by fields that the schemas know, then spoilt by values.ts.
import type { ObjectShape, Shape } from '../../src/kinds/shapes.ts';
import { kindShape } from '../../src/kinds/shapes.ts';
import {
  apiVersionOf,
  RESOURCES,
  type GroupKind,
  type Resource,
} from '../../src/kinds/resources.ts';
import type { Chance } from '../simulation/random.ts';
import { INTEGERS, TEXTS, type Value } from './values.ts';

export type KubeValue = { [key: string]: Value };

export const NAMESPACE = 'fuzz';
/** The most names of one kind that a run uses, so that the store stays bounded. */
const NAMES = 24;

const LABELS = { a: 'b' };
const SELECTOR = {
  matchLabels: LABELS,
  matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }],
};

const CONTAINER: KubeValue = {
  name: 'c',
  image: 'busybox',
  command: ['sh'],
  args: ['-c', '$(A) true'],
  workingDir: '/tmp',
  stdin: true,
  tty: true,
  env: [
    { name: 'A', value: 'b' },
    { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
    { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
  ],
  envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm', optional: true } }],
  ports: [{ containerPort: 80, name: 'http', protocol: 'TCP' }],
  resources: { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '1m' } },
  volumeMounts: [
    { name: 'v', mountPath: '/v' },
    { name: 'cfg', mountPath: '/c', readOnly: true },
  ],
  livenessProbe: {
    httpGet: { path: '/', port: 'http', httpHeaders: [{ name: 'A', value: 'b' }] },
    periodSeconds: 5,
    terminationGracePeriodSeconds: 5,
  },
  readinessProbe: { exec: { command: ['true'] }, successThreshold: 2 },
  startupProbe: { grpc: { port: 5, service: 's' } },
  lifecycle: { postStart: { exec: { command: ['true'] } }, preStop: { sleep: { seconds: 1 } } },
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'FallbackToLogsOnError',
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 5,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'], add: ['CHOWN'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
};

/** A gate, and a selector that no node meets, keep these pods from running: the machine's time is for requests. */
const POD_SPEC: KubeValue = {
  schedulingGates: [{ name: 'fuzz.io/gate' }],
  nodeSelector: { nowhere: 'x' },
  restartPolicy: 'Never',
  terminationGracePeriodSeconds: 1,
  activeDeadlineSeconds: 100,
  hostname: 'h',
  subdomain: 's',
  serviceAccountName: 'default',
  priorityClassName: '',
  enableServiceLinks: false,
  shareProcessNamespace: false,
  dnsPolicy: 'None',
  dnsConfig: {
    nameservers: ['1.1.1.1'],
    searches: ['a.b'],
    options: [{ name: 'ndots', value: '2' }],
  },
  hostAliases: [{ ip: '1.2.3.4', hostnames: ['x'] }],
  securityContext: {
    runAsUser: 1,
    runAsGroup: 1,
    fsGroup: 2,
    supplementalGroups: [3],
    sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
  },
  tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] }],
      },
    },
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, podAffinityTerm: { labelSelector: SELECTOR, topologyKey: 'zone' } },
      ],
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', labelSelector: SELECTOR },
  ],
  initContainers: [
    { name: 'i', image: 'busybox', command: ['true'] },
    { name: 's', image: 'busybox', command: ['sleep', '9'], restartPolicy: 'Always' },
  ],
  containers: [CONTAINER],
  volumes: [
    { name: 'v', emptyDir: { sizeLimit: '1Mi', medium: 'Memory' } },
    {
      name: 'cfg',
      projected: {
        defaultMode: 420,
        sources: [
          {
            configMap: { name: 'cm', optional: true, items: [{ key: 'k', path: 'p', mode: 256 }] },
          },
          { serviceAccountToken: { path: 't', expirationSeconds: 600, audience: 'x' } },
          { downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        ],
      },
    },
  ],
};

const MICRO_TIME = '2020-01-01T00:00:00.000000Z';
const TIMES = { firstTimestamp: '2020-01-01T00:00:00Z', lastTimestamp: '2020-01-01T00:00:00Z' };
const POD_REFERENCE = { kind: 'Pod', namespace: NAMESPACE, name: 'pod1', apiVersion: 'v1' };

const TEMPLATE = {
  metadata: { labels: LABELS },
  spec: { containers: [{ name: 'c', image: 'busybox' }] },
};
const ONE_RUN = { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } };
/** Nothing is started for a request to a workload: it has no replicas, or is suspended. */
const WORKLOADS: { [kind: string]: KubeValue } = {
  ReplicationController: { spec: { replicas: 0, selector: LABELS, template: TEMPLATE } },
  ReplicaSet: { spec: { replicas: 0, selector: SELECTOR, template: TEMPLATE } },
  Deployment: { spec: { replicas: 0, selector: SELECTOR, template: TEMPLATE } },
  StatefulSet: { spec: { replicas: 0, selector: SELECTOR, serviceName: 's', template: TEMPLATE } },
  DaemonSet: { spec: { selector: SELECTOR, template: TEMPLATE } },
  Job: { spec: { suspend: true, backoffLimit: 1, template: ONE_RUN } },
  CronJob: {
    spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: { template: ONE_RUN } } },
  },
};

const RULES = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['pod1'] }];
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const RIGHTS: { [kind: string]: KubeValue } = {
  Role: { rules: RULES },
  ClusterRole: { rules: [...RULES, { nonResourceURLs: ['/x/*'], verbs: ['get'] }] },
  RoleBinding: { roleRef, subjects: [{ kind: 'User', name: 'nobody' }] },
  ClusterRoleBinding: { roleRef, subjects: [{ kind: 'Group', name: 'nobody' }] },
};

const SIGNING_REQUEST = Buffer.from(
  '-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n',
).toString('base64');
const WEBHOOK: KubeValue = {
  name: 'a.example.com',
  clientConfig: { service: { name: 's', namespace: 'd' } },
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
};

/** The members of a whole object of the kind, beside its metadata. */
const CONTENTS: { [kind: string]: KubeValue } = {
  ...WORKLOADS,
  ...RIGHTS,
  Pod: { spec: POD_SPEC },
  PodTemplate: { template: { metadata: { labels: LABELS }, spec: POD_SPEC } },
  ConfigMap: { data: { k: 'v' }, binaryData: { b: 'AAAA' }, immutable: false },
  Secret: { type: 'Opaque', data: { k: 'dg==' }, stringData: { x: 'y' } },
  Service: {
    spec: {
      selector: LABELS,
      ports: [{ name: 'p', port: 80, targetPort: 'http', protocol: 'TCP' }],
      type: 'ClusterIP',
      sessionAffinity: 'None',
    },
  },
  ServiceAccount: { secrets: [{ name: 'x' }], imagePullSecrets: [{ name: 'y' }] },
  Endpoints: { subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }] },
  'v1/Event': {
    involvedObject: POD_REFERENCE,
    reason: 'R',
    message: 'm',
    type: 'Normal',
    count: 1,
    source: { component: 'c' },
    ...TIMES,
  },
  'events.k8s.io/v1/Event': {
    regarding: POD_REFERENCE,
    reason: 'R',
    note: 'n',
    type: 'Normal',
    action: 'A',
    reportingController: 'fuzz.io/x',
    reportingInstance: 'i',
    eventTime: MICRO_TIME,
  },
  Lease: {
    spec: {
      holderIdentity: 'x',
      leaseDurationSeconds: 5,
      acquireTime: MICRO_TIME,
      renewTime: MICRO_TIME,
    },
  },
  Namespace: { spec: { finalizers: ['kubernetes'] } },
  Node: {
    spec: { taints: [{ key: 'k', effect: 'NoSchedule' }], unschedulable: true },
    status: { capacity: { cpu: '1' } },
  },
  PriorityClass: { value: 5, description: 'd' },
  HorizontalPodAutoscaler: {
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    },
  },
  Ingress: { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
  IngressClass: { spec: { controller: 'example.com/c' } },
  NetworkPolicy: { spec: { podSelector: { matchLabels: LABELS }, ingress: [{}] } },
  PodDisruptionBudget: { spec: { minAvailable: 1, selector: { matchLabels: LABELS } } },
  ControllerRevision: { data: { spec: {} }, revision: 1 },
  LimitRange: { spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } },
  ResourceQuota: { spec: { hard: { 'count/widgets.example.com': '1000' } } },
  EndpointSlice: {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['1.2.3.4'] }],
    ports: [{ name: 'p', port: 80, protocol: 'TCP' }],
  },
  PersistentVolumeClaim: {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  PersistentVolume: {
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      hostPath: { path: '/x' },
    },
  },
  StorageClass: { provisioner: 'example.com/x' },
  CSIDriver: { spec: { attachRequired: false } },
  CSINode: { spec: { drivers: [{ name: 'x.example.com', nodeID: 'n', topologyKeys: ['k'] }] } },
  CertificateSigningRequest: {
    spec: { request: SIGNING_REQUEST, signerName: 'example.com/s', usages: ['client auth'] },
  },
  ValidatingWebhookConfiguration: { webhooks: [WEBHOOK] },
  MutatingWebhookConfiguration: { webhooks: [{ ...WEBHOOK, reinvocationPolicy: 'Never' }] },
  RuntimeClass: { handler: 'h', scheduling: { nodeSelector: LABELS } },
  Binding: { target: { kind: 'Node', name: 'nowhere' } },
  TokenReview: { spec: { token: 'x', audiences: ['a'] } },
  SelfSubjectAccessReview: {
    spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: NAMESPACE } },
  },
  SubjectAccessReview: {
    spec: { user: 'u', groups: ['g'], nonResourceAttributes: { verb: 'get', path: '/x' } },
  },
  LocalSubjectAccessReview: {
    spec: {
      user: 'u',
      resourceAttributes: { verb: 'get', resource: 'pods', namespace: NAMESPACE },
    },
  },
  SelfSubjectRulesReview: { spec: { namespace: NAMESPACE } },
  TokenRequest: {
    spec: {
      audiences: ['a'],
      expirationSeconds: 600,
      boundObjectRef: { kind: 'Pod', name: 'pod1', apiVersion: 'v1' },
    },
  },
  Eviction: { deleteOptions: { gracePeriodSeconds: 0 } },
  DeleteOptions: {
    gracePeriodSeconds: 0,
    preconditions: { uid: 'u', resourceVersion: '1' },
    propagationPolicy: 'Background',
    dryRun: ['All'],
  },
};

/** Everything that can be posted to a path of its own. */
export const POSTED = RESOURCES.filter(({ verbs }) => verbs.includes('create'));
/** Pods have the most fields and rules: they are chosen as often as all others together. */
export const pickResource = (chance: Chance): Resource =>
  chance.happens(0.45) ? RESOURCES.find(({ kind }) => kind === 'Pod')! : chance.pick(POSTED);

/** Kinds whose objects are named by what they define, with what comes after the number. */
const NAMED: { [kind: string]: readonly [string, string] } = {
  CustomResourceDefinition: ['things', '.fuzz.example.com'],
  APIService: ['v', '.fuzz.example.com'],
};

export function nameOf({ kind, singular }: Resource, number: number): string {
  const [before, after] = NAMED[kind] ?? [singular, ''];
  return `${before}${number}${after}`;
}

/** An APIService is named by the group version that it offers. */
const serviceOf = (name: string): KubeValue => ({
  spec: {
    group: name.split('.').slice(1).join('.'),
    version: name.split('.')[0] ?? '',
    groupPriorityMinimum: 100,
    versionPriority: 10,
    service: { name: 's', namespace: 'd' },
  },
});

/** A definition is named by what it defines. */
const definitionOf = (name: string): KubeValue => {
  const plural = name.split('.')[0] ?? '';
  const kind = `T${plural.slice(1)}`;
  return {
    spec: {
      group: 'fuzz.example.com',
      scope: 'Namespaced',
      names: { plural, kind, singular: plural.slice(0, -1) + 'x' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      ],
    },
  };
};

const BY_NAME: { [kind: string]: (name: string) => KubeValue } = {
  CustomResourceDefinition: definitionOf,
  APIService: serviceOf,
};

/** One of the names that a run uses. */
export const anyName = (resource: Resource, chance: Chance): string =>
  nameOf(resource, chance.below(NAMES));

export const collectionPath = (resource: Resource, namespace = NAMESPACE): string =>
  `${resource.group === '' ? '/api/v1' : `/apis/${resource.group}/${resource.version}`}${resource.namespaced ? `/namespaces/${namespace}` : ''}/${resource.plural}`;

/** A whole object of the kind. */
export function wholeObject(
  kind: { group: string; version: string; kind: string },
  name: string,
): KubeValue {
  const apiVersion = apiVersionOf(kind);
  const content =
    BY_NAME[kind.kind]?.(name) ??
    CONTENTS[kind.kind] ??
    CONTENTS[`${apiVersion}/${kind.kind}`] ??
    {};
  return structuredClone({
    apiVersion,
    kind: kind.kind,
    metadata: { name, labels: LABELS, annotations: { x: 'y' } },
    ...content,
  });
}

/** A value of the right type for the schema; nested ones thin out with the depth. */
export function valueOf(shape: Shape, chance: Chance, depth: number): Value {
  switch (shape.type) {
    case 'object':
      return Object.fromEntries(
        [...shape.fields]
          .filter(() => chance.happens(0.5 ** depth))
          .map(([name, field]) => [name, valueOf(field.shape, chance, depth + 1)]),
      );
    case 'list':
      return Array.from({ length: chance.pick([0, 1, 1, 2]) }, () =>
        valueOf(shape.of, chance, depth + 1),
      );
    case 'schemas':
      return chance.happens(0.2) ? chance.happens(0.5) : valueOf(shape.of, chance, depth + 1);
    case 'map':
      return Object.fromEntries(
        Array.from({ length: chance.pick([0, 1, 2]) }, () => [
          chance.pick(TEXTS),
          valueOf(shape.of, chance, depth + 1),
        ]),
      );
    case 'boolean':
      return chance.happens(0.5);
    case 'int32':
    case 'int64':
    case 'double':
      return chance.pick(INTEGERS);
    case 'intOrString':
      return chance.pick<Value>([80, 'http', -1, '100%']);
    case 'quantity':
      return chance.pick<Value>(['1', '500m', '1Gi', '-1', '1e3', 5, '1n', '9'.repeat(30)]);
    case 'time':
    case 'microTime':
      return chance.pick([
        '2020-01-01T00:00:00Z',
        '2020-01-01T00:00:00.000001Z',
        '9999-12-31T23:59:59Z',
      ]);
    case 'bytes':
      return chance.pick(['', 'AAAA', 'dg==']);
    case 'any':
      return chance.pick<Value>([null, {}, 'x', 1]);
    case 'string':
      return chance.pick(TEXTS);
  }
}

/** Adds fields that the schemas know at random places of the object. */
export function grown(object: KubeValue, kind: GroupKind, chance: Chance): KubeValue {
  let shape: ObjectShape = kindShape(kind.group, kind.kind, kind.version);
  let at: KubeValue = object;
  for (;;) {
    const [name, field] = chance.pick([...shape.fields]);
    const inner = firstObject(at[name]);
    const next =
      field.shape.type === 'list' || field.shape.type === 'map' ? field.shape.of : field.shape;
    if (inner === undefined || next.type !== 'object' || chance.happens(0.2)) {
      at[name] ??= valueOf(field.shape, chance, 1);
      return object;
    }
    [at, shape] = [inner, next];
  }
}

function firstObject(value: Value | undefined): KubeValue | undefined {
  const found = Array.isArray(value) ? value[0] : value;
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? found : undefined;
}
