// How lists and structures merge: the declared keys of Kubernetes' types (patchMergeKey for strategic merge, listMapKey for apply),
// and the types that are owned as a whole. client-node's models do not carry them. Lists that are not named here are atomic.
import { own } from '../own.ts';

export interface ListRule {
  /** Strategic merge key; '' merges primitives. Absent: the list is replaced. */
  patchKey?: string;
  /** The patch may use $retainKeys (`merge,retainKeys`). */
  retainKeys?: boolean;
  /** Keys of server-side apply; empty: a set of primitives. Absent: atomic. */
  mapKeys?: string[];
}

const keyed = (key: string, mapKeys: string[] = [key]): ListRule => ({ patchKey: key, mapKeys });
const SET: ListRule = { patchKey: '', mapKeys: [] };
const CONTAINER: Record<string, ListRule> = {
  ports: keyed('containerPort', ['containerPort', 'protocol']),
  env: keyed('name'),
  volumeMounts: keyed('mountPath'),
  volumeDevices: keyed('devicePath'),
};
const CONDITIONS: Record<string, ListRule> = { conditions: keyed('type') };

const RULES: Record<string, Record<string, ListRule>> = {
  ObjectMeta: { ownerReferences: keyed('uid'), finalizers: SET },
  PodSpec: {
    volumes: { ...keyed('name'), retainKeys: true },
    initContainers: keyed('name'),
    containers: keyed('name'),
    ephemeralContainers: keyed('name'),
    imagePullSecrets: keyed('name'),
    hostAliases: keyed('ip'),
    topologySpreadConstraints: keyed('topologyKey', ['topologyKey', 'whenUnsatisfiable']),
    schedulingGates: keyed('name'),
    resourceClaims: { ...keyed('name'), retainKeys: true },
  },
  Container: CONTAINER,
  ContainerRestartRuleOnExitCodes: { values: { mapKeys: [] } },
  ResourceRequirements: { claims: { mapKeys: ['name'] } },
  EphemeralContainer: CONTAINER,
  PodStatus: {
    ...CONDITIONS,
    podIPs: keyed('ip'),
    hostIPs: { patchKey: 'ip' },
    resourceClaimStatuses: { ...keyed('name'), retainKeys: true },
  },
  ContainerStatus: { volumeMounts: keyed('mountPath'), allocatedResourcesStatus: keyed('name') },
  ResourceStatus: { resources: { mapKeys: ['resourceID'] } },
  Endpoint: { addresses: { mapKeys: [] } },
  PodFailurePolicyOnExitCodesRequirement: { values: { mapKeys: [] } },
  UncountedTerminatedPods: { succeeded: { mapKeys: [] }, failed: { mapKeys: [] } },
  JobStatus: { conditions: { patchKey: 'type' } },
  HorizontalPodAutoscalerStatus: CONDITIONS,
  PersistentVolumeClaimStatus: CONDITIONS,
  JSONSchemaProps: { 'x-kubernetes-validations': keyed('rule') },
  ValidatingWebhookConfiguration: { webhooks: keyed('name') },
  MutatingWebhookConfiguration: { webhooks: keyed('name') },
  ValidatingWebhook: { matchConditions: keyed('name') },
  MutatingWebhook: { matchConditions: keyed('name') },
  APIServiceStatus: CONDITIONS,
  CSINodeSpec: { drivers: keyed('name') },
  CSIDriverSpec: { volumeLifecycleModes: { mapKeys: [] } },
  CertificateSigningRequestStatus: { conditions: { mapKeys: ['type'] } },
  CustomResourceDefinitionStatus: { conditions: { mapKeys: ['type'] } },
  NodeSpec: { podCIDRs: SET },
  NodeStatus: { ...CONDITIONS, addresses: keyed('type') },
  NamespaceStatus: CONDITIONS,
  DeploymentStatus: CONDITIONS,
  ReplicaSetStatus: CONDITIONS,
  StatefulSetStatus: CONDITIONS,
  DaemonSetStatus: CONDITIONS,
  PodDisruptionBudgetStatus: CONDITIONS,
  ReplicationControllerStatus: CONDITIONS,
  ServiceSpec: { ports: keyed('port', ['port', 'protocol']) },
  ServiceStatus: CONDITIONS,
  ServiceAccount: { secrets: keyed('name') },
};

const ATOMIC: ListRule = {};

/** Rule of the list `field` of Go type `type`. */
export const listRule = (type: string, field: string): ListRule =>
  own(own(RULES, type), field) ?? ATOMIC;

/** Structures that one manager owns as a whole: apply replaces them. */
const ATOMIC_TYPES = new Set([
  'ConfigMapKeySelector',
  'CrossVersionObjectReference',
  'EndpointAddress',
  'EndpointPort',
  'FileKeySelector',
  'LabelSelector',
  'LocalObjectReference',
  'NodeSelector',
  'NodeSelectorTerm',
  'ObjectFieldSelector',
  'ObjectReference',
  'OwnerReference',
  'ResourceFieldSelector',
  'RoleRef',
  'ScopeSelector',
  'SecretKeySelector',
  'SecretReference',
  'ServiceBackendPort',
  'Subject',
  'TopologySelectorTerm',
  'TypedLocalObjectReference',
]);
/** The one type that is atomic in one version only. */
const GRANULAR = /\.autoscaling\.v2\.CrossVersionObjectReference$/;
const ATOMIC_MAPS = new Set([
  'PodSpec.nodeSelector',
  'ReplicationControllerSpec.selector',
  'ServiceSpec.selector',
  'Scheduling.nodeSelector',
]);

/** True where a structure of this schema (its whole name) is owned as a whole. */
export const isAtomicType = (schema: string): boolean =>
  ATOMIC_TYPES.has(schema.replace(/^.*\./, '')) && !GRANULAR.test(schema);

/** True where the map `field` of Go type `type` is owned as a whole. */
export const isAtomicMap = (type: string, field: string): boolean =>
  ATOMIC_MAPS.has(`${type}.${field}`);
