// What the API serves: every resource with its names, verbs and subresources. Discovery, OpenAPI and the routes come from here.
// Kinds of CustomResourceDefinitions join them while the API runs (src/steps/definitions/served-kinds.ts).
import type { CustomKind } from './custom-kind.ts';

export interface GroupKind {
  /** '' is the core group. */
  group: string;
  version: string;
  kind: string;
}

export type Verb =
  'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export interface Subresource extends GroupKind {
  name: string;
  verbs: Verb[];
}

export interface Resource extends GroupKind {
  plural: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  verbs: Verb[];
  subresources: Subresource[];
  /** Name in the store and in messages: the plural with its group; both Event kinds share one. */
  stored: string;
  /** Name of the model class that describes the kind, where it is not `V1<kind>`. */
  model: string;
  /** Kind of a list of it, where it is not `<kind>List`. */
  listKind?: string;
  /** Present for a kind of a CustomResourceDefinition. */
  custom?: CustomKind;
}

/** The kind of a list of the resource. */
export const listKindOf = ({ kind, listKind }: Pick<Resource, 'kind' | 'listKind'>): string =>
  listKind ?? `${kind}List`;

/** Seconds after its last write at which an object expires, by its name in the store: kube-apiserver's `--event-ttl`. */
export const LIFETIMES = { events: 3_600 } as const;

const ALL: Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];
const CHANGE: Verb[] = ['get', 'patch', 'update'];

interface Options {
  group?: string;
  short?: string[];
  categories?: string[];
  cluster?: boolean;
  verbs?: Verb[];
  subresources?: Subresource[];
  stored?: string;
  model?: string;
  plural?: string;
  version?: string;
}

function resource(kind: string, options: Options = {}): Resource {
  const singular = kind.toLowerCase();
  const plural = options.plural ?? `${singular}s`;
  const group = options.group ?? '';
  return {
    group,
    version: options.version ?? 'v1',
    kind,
    plural,
    singular,
    shortNames: options.short ?? [],
    categories: options.categories ?? [],
    namespaced: options.cluster !== true,
    verbs: options.verbs ?? ALL,
    subresources: options.subresources ?? [],
    stored: options.stored ?? (group === '' ? plural : `${plural}.${group}`),
    model: options.model ?? `V1${kind}`,
  };
}

const sub = (name: string, kind: string, verbs: Verb[], group = ''): Subresource => ({
  name,
  kind,
  verbs,
  group,
  version: 'v1',
});

/** For every workload with `spec.replicas`. */
const SCALE = sub('scale', 'Scale', CHANGE, 'autoscaling');

const POD_SUBRESOURCES = [
  sub('attach', 'PodAttachOptions', ['create', 'get']),
  sub('binding', 'Binding', ['create']),
  sub('ephemeralcontainers', 'Pod', CHANGE),
  sub('eviction', 'Eviction', ['create'], 'policy'),
  sub('exec', 'PodExecOptions', ['create', 'get']),
  sub('log', 'Pod', ['get']),
  sub('portforward', 'PodPortForwardOptions', ['create', 'get']),
  sub('proxy', 'PodProxyOptions', ['create', 'delete', 'get', 'patch', 'update']),
  sub('resize', 'Pod', CHANGE),
  sub('status', 'Pod', CHANGE),
];

/** Stored resources first, in discovery's order within a group; those with only the verb `create` respond without storing. */
export const RESOURCES: readonly Resource[] = [
  resource('Binding', { verbs: ['create'] }),
  resource('ConfigMap', { short: ['cm'] }),
  resource('Endpoints', { short: ['ep'], plural: 'endpoints' }),
  resource('Event', { short: ['ev'], model: 'CoreV1Event' }),
  resource('LimitRange', { short: ['limits'] }),
  resource('Namespace', {
    short: ['ns'],
    cluster: true,
    verbs: ALL.filter((verb) => verb !== 'deletecollection'),
    subresources: [sub('finalize', 'Namespace', ['update']), sub('status', 'Namespace', CHANGE)],
  }),
  resource('Node', {
    short: ['no'],
    cluster: true,
    subresources: [sub('proxy', 'NodeProxyOptions', ['get']), sub('status', 'Node', CHANGE)],
  }),
  resource('PersistentVolumeClaim', {
    short: ['pvc'],
    subresources: [sub('status', 'PersistentVolumeClaim', CHANGE)],
  }),
  resource('PersistentVolume', {
    short: ['pv'],
    cluster: true,
    subresources: [sub('status', 'PersistentVolume', CHANGE)],
  }),
  resource('Pod', { short: ['po'], categories: ['all'], subresources: POD_SUBRESOURCES }),
  resource('PodTemplate'),
  resource('ReplicationController', {
    short: ['rc'],
    categories: ['all'],
    subresources: [SCALE, sub('status', 'ReplicationController', CHANGE)],
  }),
  resource('ResourceQuota', {
    short: ['quota'],
    subresources: [sub('status', 'ResourceQuota', CHANGE)],
  }),
  resource('Secret'),
  resource('ServiceAccount', {
    short: ['sa'],
    subresources: [sub('token', 'TokenRequest', ['create'], 'authentication.k8s.io')],
  }),
  resource('Service', {
    short: ['svc'],
    categories: ['all'],
    subresources: [
      sub('proxy', 'ServiceProxyOptions', ['create', 'delete', 'get', 'patch', 'update']),
      sub('status', 'Service', CHANGE),
    ],
  }),
  resource('ControllerRevision', { group: 'apps' }),
  resource('DaemonSet', {
    group: 'apps',
    short: ['ds'],
    categories: ['all'],
    subresources: [sub('status', 'DaemonSet', CHANGE, 'apps')],
  }),
  resource('Deployment', {
    group: 'apps',
    short: ['deploy'],
    categories: ['all'],
    subresources: [SCALE, sub('status', 'Deployment', CHANGE, 'apps')],
  }),
  resource('ReplicaSet', {
    group: 'apps',
    short: ['rs'],
    categories: ['all'],
    subresources: [SCALE, sub('status', 'ReplicaSet', CHANGE, 'apps')],
  }),
  resource('StatefulSet', {
    group: 'apps',
    short: ['sts'],
    categories: ['all'],
    subresources: [SCALE, sub('status', 'StatefulSet', CHANGE, 'apps')],
  }),
  resource('CronJob', {
    group: 'batch',
    short: ['cj'],
    categories: ['all'],
    subresources: [sub('status', 'CronJob', CHANGE, 'batch')],
  }),
  resource('Job', {
    group: 'batch',
    categories: ['all'],
    subresources: [sub('status', 'Job', CHANGE, 'batch')],
  }),
  resource('HorizontalPodAutoscaler', {
    group: 'autoscaling',
    version: 'v2',
    short: ['hpa'],
    categories: ['all'],
    model: 'V2HorizontalPodAutoscaler',
    subresources: [
      { ...sub('status', 'HorizontalPodAutoscaler', CHANGE, 'autoscaling'), version: 'v2' },
    ],
  }),
  resource('HorizontalPodAutoscaler', {
    group: 'autoscaling',
    short: ['hpa'],
    categories: ['all'],
    subresources: [sub('status', 'HorizontalPodAutoscaler', CHANGE, 'autoscaling')],
  }),
  resource('CertificateSigningRequest', {
    group: 'certificates.k8s.io',
    short: ['csr'],
    cluster: true,
    subresources: [
      sub('approval', 'CertificateSigningRequest', CHANGE, 'certificates.k8s.io'),
      sub('status', 'CertificateSigningRequest', CHANGE, 'certificates.k8s.io'),
    ],
  }),
  resource('MutatingWebhookConfiguration', {
    group: 'admissionregistration.k8s.io',
    categories: ['api-extensions'],
    cluster: true,
  }),
  resource('ValidatingWebhookConfiguration', {
    group: 'admissionregistration.k8s.io',
    categories: ['api-extensions'],
    cluster: true,
  }),
  resource('APIService', {
    group: 'apiregistration.k8s.io',
    categories: ['api-extensions'],
    cluster: true,
    subresources: [sub('status', 'APIService', CHANGE, 'apiregistration.k8s.io')],
  }),
  resource('Ingress', {
    group: 'networking.k8s.io',
    short: ['ing'],
    plural: 'ingresses',
    subresources: [sub('status', 'Ingress', CHANGE, 'networking.k8s.io')],
  }),
  resource('IngressClass', {
    group: 'networking.k8s.io',
    cluster: true,
    plural: 'ingressclasses',
  }),
  resource('NetworkPolicy', {
    group: 'networking.k8s.io',
    short: ['netpol'],
    plural: 'networkpolicies',
  }),
  resource('CustomResourceDefinition', {
    group: 'apiextensions.k8s.io',
    short: ['crd', 'crds'],
    categories: ['api-extensions'],
    cluster: true,
    subresources: [sub('status', 'CustomResourceDefinition', CHANGE, 'apiextensions.k8s.io')],
  }),
  resource('SelfSubjectReview', {
    group: 'authentication.k8s.io',
    cluster: true,
    verbs: ['create'],
  }),
  resource('TokenReview', { group: 'authentication.k8s.io', cluster: true, verbs: ['create'] }),
  resource('LocalSubjectAccessReview', { group: 'authorization.k8s.io', verbs: ['create'] }),
  resource('SelfSubjectAccessReview', {
    group: 'authorization.k8s.io',
    cluster: true,
    verbs: ['create'],
  }),
  resource('SelfSubjectRulesReview', {
    group: 'authorization.k8s.io',
    cluster: true,
    verbs: ['create'],
  }),
  resource('SubjectAccessReview', {
    group: 'authorization.k8s.io',
    cluster: true,
    verbs: ['create'],
  }),
  resource('Lease', { group: 'coordination.k8s.io' }),
  resource('EndpointSlice', { group: 'discovery.k8s.io' }),
  resource('Event', {
    group: 'events.k8s.io',
    short: ['ev'],
    stored: 'events',
    model: 'EventsV1Event',
  }),
  resource('ClusterRoleBinding', { group: 'rbac.authorization.k8s.io', cluster: true }),
  resource('ClusterRole', { group: 'rbac.authorization.k8s.io', cluster: true }),
  resource('RoleBinding', { group: 'rbac.authorization.k8s.io' }),
  resource('Role', { group: 'rbac.authorization.k8s.io' }),
  resource('PodDisruptionBudget', {
    group: 'policy',
    short: ['pdb'],
    subresources: [sub('status', 'PodDisruptionBudget', CHANGE, 'policy')],
  }),
  resource('RuntimeClass', { group: 'node.k8s.io', cluster: true, plural: 'runtimeclasses' }),
  resource('PriorityClass', {
    group: 'scheduling.k8s.io',
    cluster: true,
    plural: 'priorityclasses',
    short: ['pc'],
  }),
  resource('CSIDriver', { group: 'storage.k8s.io', cluster: true }),
  resource('CSINode', { group: 'storage.k8s.io', cluster: true }),
  resource('StorageClass', {
    group: 'storage.k8s.io',
    cluster: true,
    plural: 'storageclasses',
    short: ['sc'],
  }),
  // Computed from the podlets' reports: not stored and not writable.
  resource('PodMetrics', {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    plural: 'pods',
    stored: 'pods',
    verbs: ['get', 'list'],
  }),
];

/** Kinds that appear only in request bodies: their models, by kind. */
export const BODY_MODELS: readonly string[] = [
  'V1DeleteOptions',
  'V1Status',
  'V1Eviction',
  'AuthenticationV1TokenRequest',
  'V1Binding',
  'V1Scale',
];

const byPath = new Map(
  RESOURCES.map((entry) => [`${entry.group}/${entry.version}/${entry.plural}`, entry]),
);

/** The resource at `/apis/<group>/<version>/<plural>`; undefined: not served. */
export const findResource = (
  group: string,
  version: string,
  plural: string,
): Resource | undefined => byPath.get(`${group}/${version}/${plural}`);

/** `v1` or `<group>/<version>`. */
export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? version : `${group}/${version}`;

/** A kind's key in the table of schemas. */
export const kindKey = ({ group, version, kind }: GroupKind): string =>
  `${group}/${version}/${kind}`;

/** Resources that the store keeps, one entry per stored name. */
export const STORED_RESOURCES: readonly Resource[] = RESOURCES.filter(
  (entry, index) =>
    entry.verbs.includes('get') &&
    RESOURCES.findIndex(({ stored }) => stored === entry.stored) === index,
);

const byStored = new Map(STORED_RESOURCES.map((entry) => [entry.stored, entry]));

/** The resource with this name in the store. */
export const storedResource = (stored: string): Resource | undefined => byStored.get(stored);
