// The ClusterRoles for users of a new cluster, as data: Kubernetes 1.35's rules.
import type { PolicyRule } from '../rbac/policy-rule.ts';

/** A role as it is written here. */
export interface DefaultRole {
  name: string;
  labels?: { readonly [name: string]: string };
  /** The rules of roles with this label belong to this role as well. */
  aggregates?: string;
  rules: readonly PolicyRule[];
}

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';
const BOOTSTRAPPING = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const partOf = (name: string) => ({ ...BOOTSTRAPPING, [`${AGGREGATE}${name}`]: 'true' });

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const ALL = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const rule = (
  verbs: readonly string[],
  apiGroups: readonly string[],
  ...resources: string[]
): PolicyRule => ({ verbs, apiGroups, resources: resources.sort() });
const paths = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs });

const PUBLIC = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const SCALABLE = ['replicasets', 'replicasets/scale', 'replicationcontrollers/scale'];

const VIEW: readonly PolicyRule[] = [
  rule(
    READ,
    [''],
    ...['configmaps', 'endpoints', 'persistentvolumeclaims', 'persistentvolumeclaims/status'],
    ...['pods', 'replicationcontrollers', 'replicationcontrollers/scale', 'serviceaccounts'],
    ...['services', 'services/status'],
  ),
  rule(
    READ,
    [''],
    ...['bindings', 'limitranges', 'namespaces/status', 'pods/log', 'pods/status'],
    ...['replicationcontrollers/status', 'resourcequotas', 'resourcequotas/status'],
  ),
  rule(READ, [''], 'namespaces'),
  rule(READ, ['', 'events.k8s.io'], 'events'),
  rule(READ, ['discovery.k8s.io'], 'endpointslices'),
  rule(
    READ,
    ['apps'],
    ...['controllerrevisions', 'daemonsets', 'daemonsets/status', 'deployments'],
    ...['deployments/scale', 'deployments/status', 'replicasets', 'replicasets/scale'],
    ...['replicasets/status', 'statefulsets', 'statefulsets/scale', 'statefulsets/status'],
  ),
  rule(READ, ['autoscaling'], 'horizontalpodautoscalers', 'horizontalpodautoscalers/status'),
  rule(READ, ['batch'], 'cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'),
  rule(
    READ,
    ['extensions'],
    ...['daemonsets', 'daemonsets/status', 'deployments', 'deployments/scale'],
    ...['deployments/status', 'ingresses', 'ingresses/status', 'networkpolicies'],
    ...['replicasets/status', ...SCALABLE],
  ),
  rule(READ, ['policy'], 'poddisruptionbudgets', 'poddisruptionbudgets/status'),
  rule(READ, ['networking.k8s.io'], 'ingresses', 'ingresses/status', 'networkpolicies'),
  rule(
    READ,
    ['resource.k8s.io'],
    ...['resourceclaims', 'resourceclaims/status', 'resourceclaimtemplates'],
  ),
];

const EDIT: readonly PolicyRule[] = [
  rule(
    READ,
    [''],
    ...['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'],
  ),
  rule(['impersonate'], [''], 'serviceaccounts'),
  rule(WRITE, [''], 'pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'),
  rule(['create'], [''], 'pods/eviction'),
  rule(
    WRITE,
    [''],
    ...['configmaps', 'persistentvolumeclaims', 'replicationcontrollers'],
    ...['replicationcontrollers/scale', 'secrets', 'serviceaccounts', 'services'],
    'services/proxy',
  ),
  rule(['create'], [''], 'serviceaccounts/token'),
  rule(WRITE, ['', 'events.k8s.io'], 'events'),
  rule(
    WRITE,
    ['apps'],
    ...['daemonsets', 'deployments', 'deployments/rollback', 'deployments/scale', 'replicasets'],
    ...['replicasets/scale', 'statefulsets', 'statefulsets/scale'],
  ),
  rule(WRITE, ['autoscaling'], 'horizontalpodautoscalers'),
  rule(WRITE, ['batch'], 'cronjobs', 'jobs'),
  rule(
    WRITE,
    ['extensions'],
    ...['daemonsets', 'deployments', 'deployments/rollback', 'deployments/scale', 'ingresses'],
    ...['networkpolicies', ...SCALABLE],
  ),
  rule(WRITE, ['policy'], 'poddisruptionbudgets'),
  rule(WRITE, ['networking.k8s.io'], 'ingresses', 'networkpolicies'),
  rule(ALL, ['coordination.k8s.io'], 'leases'),
  rule(WRITE, ['resource.k8s.io'], 'resourceclaims', 'resourceclaimtemplates'),
];

const ADMIN: readonly PolicyRule[] = [
  rule(['create'], ['authorization.k8s.io'], 'localsubjectaccessreviews'),
  rule(ALL, ['rbac.authorization.k8s.io'], 'rolebindings', 'roles'),
];

/** In Kubernetes' order of listing. */
export const USER_ROLES: readonly DefaultRole[] = [
  { name: 'admin', labels: BOOTSTRAPPING, aggregates: `${AGGREGATE}admin`, rules: [] },
  {
    name: 'cluster-admin',
    labels: BOOTSTRAPPING,
    rules: [rule(['*'], ['*'], '*'), { verbs: ['*'], nonResourceURLs: ['*'] }],
  },
  { name: 'edit', labels: partOf('admin'), aggregates: `${AGGREGATE}edit`, rules: [] },
  { name: 'system:aggregate-to-admin', labels: partOf('admin'), rules: ADMIN },
  { name: 'system:aggregate-to-edit', labels: partOf('edit'), rules: EDIT },
  { name: 'system:aggregate-to-view', labels: partOf('view'), rules: VIEW },
  {
    name: 'system:auth-delegator',
    labels: BOOTSTRAPPING,
    rules: [
      rule(['create'], ['authentication.k8s.io'], 'tokenreviews'),
      rule(['create'], ['authorization.k8s.io'], 'subjectaccessreviews'),
    ],
  },
  {
    name: 'system:basic-user',
    labels: BOOTSTRAPPING,
    rules: [
      rule(
        ['create'],
        ['authorization.k8s.io'],
        ...['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      ),
      rule(['create'], ['authentication.k8s.io'], 'selfsubjectreviews'),
    ],
  },
  {
    name: 'system:discovery',
    labels: BOOTSTRAPPING,
    rules: [
      paths(
        ...['/api', '/api/*', '/apis', '/apis/*', '/healthz', '/livez', '/openapi', '/openapi/*'],
        ...['/readyz', '/version', '/version/'],
      ),
    ],
  },
  {
    name: 'system:monitoring',
    labels: BOOTSTRAPPING,
    rules: [
      paths(
        ...['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis'],
        ...['/readyz', '/readyz/*'],
      ),
      rule(['get'], [''], 'nodes/metrics'),
    ],
  },
  { name: 'system:public-info-viewer', labels: BOOTSTRAPPING, rules: [paths(...PUBLIC)] },
  {
    name: 'system:service-account-issuer-discovery',
    labels: BOOTSTRAPPING,
    rules: [
      paths(
        ...['/.well-known/openid-configuration', '/.well-known/openid-configuration/'],
        ...['/openid/v1/jwks', '/openid/v1/jwks/'],
      ),
    ],
  },
  { name: 'view', labels: partOf('edit'), aggregates: `${AGGREGATE}view`, rules: [] },
];
